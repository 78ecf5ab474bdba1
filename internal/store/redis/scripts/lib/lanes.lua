-- lanes: places in lanes and the jobs parked for one. "lanes" counts places by
-- workspace and lane, and names, under holder(), the job that has the place of a
-- lane of one; "parked" sorts waiting jobs by lane and acceptance, as
-- <workspace> SEP <lane> SEP <seq> SEP <cap> SEP <job>.
--@ use base

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

local function holder(t, lane)
  return member(t, lane) .. SEP .. 'by'
end

-- enter takes a place. The place of a lane of one is entered only when it is
-- free.
local function enter(t, lane, cap, id)
  if cap == '1' then
    call('HSET', root .. 'lanes', member(t, lane), '1', holder(t, lane), id)
  else
    call('HINCRBY', root .. 'lanes', member(t, lane), '1')
  end
end

local function leave(t, lane)
  local f = member(t, lane)
  if call('HINCRBY', root .. 'lanes', f, '-1') <= 0 then
    call('HDEL', root .. 'lanes', f, holder(t, lane))
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
local function admit(t, id, lanes, held)
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
      enter(t, lane[1], lane[2], id)
      held[i] = true
    end
  end
  return nil
end

-- waits is what a job waits for that is parked in a lane of one place: the two
-- members and how many come before it there. It is told once in a job's life,
-- then it is nil, as it is for a job that was asked to stop.
local function waits(t, id, seq, lane)
  local key = space(t) .. 'j:' .. id
  local first = call('HGET', root .. 'lanes', holder(t, lane))
  local quiet = call('HMGET', key, 't', 'x')
  if quiet[1] or quiet[2] or not first or call('EXISTS', space(t) .. 'j:' .. first) == 0 then
    return nil
  end
  call('HSET', key, 't', '1')
  local prefix = member(t, lane) .. SEP
  local earlier = call('ZLEXCOUNT', root .. 'parked', '[' .. prefix, '(' .. prefix .. padded(seq))
  return { member(t, id), member(t, first), earlier + 1 }
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
