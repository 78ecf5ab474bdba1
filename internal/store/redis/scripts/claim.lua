#!lua flags=allow-oom
-- claim gives runnable jobs of one partition to a worker, oldest first.
--@ use base lanes books holds
-- KEYS[1] partition root
-- ARGV    clock, nonce, worker, most jobs, lease (µs)
-- returns { 1 when there is more to look at, jobs, waits }, a job being { meta,
--         event, accepted, delivery, until, note or nil, cause }, a wait { meta,
--         event, accepted } of a job parked in a lane of one place, then of the
--         one that has it, then how many come before it there
local nonce, worker, most, lease = arg(), arg(), tonumber(arg()), tonumber(arg())

local function ticket(m)
  local t, id = split(m)
  return call('HMGET', space(t) .. 'j:' .. id, 'm', 'e', 'at', 'n', 'u', 'o', 'c')
end

-- report is what claim returns of the jobs it gave and of those it parked.
local function report(given, told)
  local jobs, rows = {}, {}
  for i, m in ipairs(given) do
    jobs[i] = ticket(m)
  end
  for i, wait in ipairs(told) do
    local row = {}
    for _, m in ipairs({ wait[1], wait[2] }) do
      local t, id = split(m)
      local j = call('HMGET', space(t) .. 'j:' .. id, 'm', 'e', 'at')
      row[#row + 1], row[#row + 2], row[#row + 3] = j[1], j[2], j[3]
    end
    row[#row + 1] = wait[3]
    rows[i] = row
  end
  return { call('ZCARD', root .. 'ready') > 0 and 1 or 0, jobs, rows }
end

local again = before(nonce)
if again then
  local did = cjson.decode(again)
  return report(did[1], did[2])
end

-- Leases that ran out and returns whose time has come. A lease that ran out
-- can still be extended until its job is given again, so the job stays running.
for zset, state in pairs({ run = 'running', due = 'waiting' }) do
  for _, m in ipairs(call('ZRANGEBYSCORE', root .. zset, '-inf', whole(now))) do
    local t, id = split(m)
    call('ZREM', root .. zset, m)
    promote(m, call('HGET', space(t) .. 'j:' .. id, 'q'), state)
  end
end

local given, told, tried = {}, {}, 0

-- park puts a job at the lane that is full, and looks at the other lanes: the
-- job may have been promoted for a place in one of them that it cannot use.
local function park(m, t, id, key, seq, lanes, held, full)
  call('HSET', key, 's', 'parked', 'pl', heldTo(held, #lanes))
  call('ZADD', root .. 'parked', '0', member(t, lanes[full][1]) .. SEP .. padded(seq) .. SEP .. lanes[full][2] .. SEP .. id)
  for i, lane in ipairs(lanes) do
    if i ~= full and not held[i] then
      wakeLane(t, lane[1])
    end
  end
  if lanes[full][2] == '1' then
    told[#told + 1] = waits(t, id, seq, lanes[full][1])
  end
end

while #given < most and tried < 1000 do
  local m = call('ZRANGE', root .. 'ready', '0', '0')[1]
  if not m then
    break
  end
  tried = tried + 1
  local t, id = split(m)
  local key = space(t) .. 'j:' .. id
  local j = call('HMGET', key, 's', 'n', 'q', 'l', 'pl')
  local state, delivery = j[1], tonumber(j[2])
  demote(m, state)
  local full
  if j[4] and (state == 'ready' or state == 'parked') then
    local lanes, held = cjson.decode(j[4]), heldFrom(j[5] or '')
    full = admit(t, id, lanes, held)
    if full then
      park(m, t, id, key, j[3], lanes, held, full)
    else
      call('HSET', key, 'pl', heldTo(held, #lanes))
    end
  end
  if not full then
    if state == 'running' then
      closeHold(t, id .. '.' .. whole(delivery))
      call('HDEL', key, 'c')
    end
    call('HSET', key, 's', 'running', 'n', whole(delivery + 1), 'u', whole(now + lease), 'w', worker)
    call('ZADD', root .. 'run', whole(now + lease), m)
    given[#given + 1] = m
  end
end

if #given + #told > 0 then
  remember(nonce, cjson.encode({ given, told }))
end
signal('wake', 'ready')
return report(given, told)
