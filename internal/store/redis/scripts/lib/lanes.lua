-- lanes: places in lanes and the jobs parked for one. "lanes" counts places by
-- workspace and lane; "parked" sorts waiting jobs by lane and acceptance, as
-- <workspace> SEP <lane> SEP <seq> SEP <cap> SEP <job>.

-- promote puts a job that is parked, running or waiting where Claim looks,
-- without changing its state: until it is given, its ticket stays good.
local function promote(m, seq, state)
  if call('ZADD', root .. 'ready', 'NX', seq, m) == 1 then
    call('HINCRBY', root .. 'late', state, '1')
  end
end

-- demote takes a job out of there again.
local function demote(m, state)
  if call('ZREM', root .. 'ready', m) == 1 and state ~= 'ready' then
    call('HINCRBY', root .. 'late', state, '-1')
  end
end

local function places(t, lane)
  return tonumber(call('HGET', root .. 'lanes', member(t, lane)) or '0')
end

local function leave(t, lane)
  local f = member(t, lane)
  if call('HINCRBY', root .. 'lanes', f, '-1') <= 0 then
    call('HDEL', root .. 'lanes', f)
  end
end

-- wakeLane promotes the first jobs parked at a lane that have a place now. It
-- looks at 32, because caps of one lane can differ while a setting changes.
local function wakeLane(t, lane)
  local prefix = member(t, lane)
  local list = call('ZRANGEBYLEX', root .. 'parked', '[' .. prefix .. SEP, '(' .. prefix .. '\32', 'LIMIT', '0', '32')
  if #list == 0 then
    return
  end
  local taken = places(t, lane)
  for _, entry in ipairs(list) do
    local seq, cap, id = string.match(string.sub(entry, #prefix + 2), '^(%d+)\31(%d+)\31(.*)$')
    if taken < tonumber(cap) then
      taken = taken + 1
      call('ZREM', root .. 'parked', entry)
      promote(member(t, id), seq, 'parked')
    end
  end
end

-- admit takes the places a job lacks, or gives up those it may not keep and
-- returns the number of the first full lane. held is changed.
local function admit(t, lanes, held)
  for i, lane in ipairs(lanes) do
    if not held[i] then
      if places(t, lane[1]) >= tonumber(lane[2]) then
        for j = 1, i - 1 do
          if tonumber(lanes[j][2]) > 1 and held[j] then
            leave(t, lanes[j][1])
            held[j] = false
          end
        end
        return i
      end
      call('HINCRBY', root .. 'lanes', member(t, lane[1]), '1')
      held[i] = true
    end
  end
  return nil
end

-- unpack and pack the places of a job: one "1" or "0" for each of its lanes.
local function heldFrom(s)
  local held = {}
  for i = 1, #s do
    held[i] = string.sub(s, i, i) == '1'
  end
  return held
end

local function heldTo(held, n)
  local s = {}
  for i = 1, n do
    s[i] = held[i] and '1' or '0'
  end
  return table.concat(s)
end

-- removeJob takes a finished job out: its places are free and the jobs parked
-- for them are looked at again.
local function removeJob(t, id)
  local m, key = member(t, id), space(t) .. 'j:' .. id
  local j = call('HMGET', key, 's', 'l', 'pl')
  demote(m, j[1])
  call('ZREM', root .. 'run', m)
  call('ZREM', root .. 'all', m)
  call('DEL', key)
  if j[2] and j[3] then
    local lanes, held = cjson.decode(j[2]), heldFrom(j[3])
    for i, lane in ipairs(lanes) do
      if held[i] then
        leave(t, lane[1])
      end
    end
    for i, lane in ipairs(lanes) do
      if held[i] then
        wakeLane(t, lane[1])
      end
    end
  end
  signal('wake', 'ready')
end

-- good reports whether a ticket still allows its holder to act on the job.
local function good(key, delivery)
  local j = call('HMGET', key, 's', 'n')
  return j[1] == 'running' and j[2] == delivery
end
