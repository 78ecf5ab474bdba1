#!lua flags=allow-oom
-- restore takes in what a process remembers of a job, where the store lacks it.
--@ use base lanes books holds records outbox past
-- KEYS[1] partition root
-- ARGV    clock, nonce, workspace, job id, meta, event, accepted (µs), lanes
--         (JSON or ""), life of a mark (µs), number of marks, marks…; delivery,
--         worker, note, lease (µs; 0 when it does not run); "1" when it ended,
--         number of writes, writes as in settle, number of posts, posts as in
--         settle; number of tries, tries (post, try, lease in µs, "1" when sent)
-- returns 1 when something was lacking, else 0
local nonce, t, id, meta, event, at, lanes, life = arg(), arg(), arg(), arg(), arg(), arg(), arg(), tonumber(arg())
local marks, posts, tries = {}, {}, {}
for i = 1, tonumber(arg()) do
  marks[i] = arg()
end
local delivery, worker, note, lease, ended, writes = tonumber(arg()), arg(), arg(), tonumber(arg()), arg() == '1', readWrites()
for i = 1, tonumber(arg()) do
  posts[i] = { id = arg(), meta = arg(), body = arg(), lane = arg() }
end
for i = 1, tonumber(arg()) do
  tries[i] = { id = arg(), try = tonumber(arg()), lease = tonumber(arg()), sent = arg() == '1' }
end
local again = before(nonce)
if again then
  return tonumber(again)
end
local T = space(t)
local key = T .. 'j:' .. id

-- recognise says whether the event is known, and by which job, and marks it.
local function recognise()
  local known, by = false, nil
  for _, mark in ipairs(marks) do
    local ends, of = string.match(call('GET', T .. 'dd:' .. mark) or '', '^(%d+) %S+ ?(.*)$')
    if ends and now < tonumber(ends) then
      known, by = true, by or of
    else
      call('SET', T .. 'dd:' .. mark, whole(now + life) .. ' ' .. nonce .. ' ' .. id, 'PX', milliseconds(life))
    end
  end
  return known, by
end

local function load(job)
  local j = call('HMGET', T .. 'j:' .. job, 's', 'n', 'q', 'l', 'pl')
  return { id = job, s = j[1], n = j[2], q = j[3], l = j[4], pl = j[5], lanes = j[4] and cjson.decode(j[4]) or {} }
end

-- takeOut takes a job from where it waits or runs, and closes what it holds.
local function takeOut(j)
  local m = member(t, j.id)
  demote(m, j.s)
  call('ZREM', root .. 'run', m)
  call('ZREM', root .. 'due', m)
  if j.s == 'parked' then
    for _, lane in ipairs(j.lanes) do
      call('ZREM', root .. 'parked', member(t, lane[1]) .. SEP .. padded(j.q) .. SEP .. lane[2] .. SEP .. j.id)
    end
  elseif j.s == 'running' then
    closeHold(t, j.id .. '.' .. j.n)
  end
end

local function endJob(job)
  local j = load(job)
  takeOut(j)
  removeJob(t, job)
  for _, lane in ipairs(j.lanes) do
    wakeLane(t, lane[1]) -- it may have been woken for a place that another can have
  end
end

local function make()
  local seq = whole(call('INCR', root .. 'seq'))
  call('HSET', key, 'm', meta, 'e', event, 'at', at == '0' and whole(now) or at, 'q', seq, 's', 'ready', 'n', '0', 'k', nonce)
  if lanes ~= '' then
    call('HSET', key, 'l', lanes)
  end
  call('ZADD', root .. 'ready', seq, member(t, id))
  call('ZADD', root .. 'all', seq, member(t, id))
end

-- carryOn gives a job the delivery that is remembered, to the worker that runs
-- it, else back to the queue. A running job has a place in each of its lanes,
-- also where they are full meanwhile.
local function carryOn(j)
  takeOut(j)
  call('HSET', key, 'n', whole(delivery))
  call('HDEL', key, 'c')
  if note ~= '' then
    call('HSET', key, 'o', note)
  end
  if lease == 0 then
    call('HSET', key, 's', 'ready')
    call('ZADD', root .. 'ready', j.q, member(t, id))
    return
  end
  local held = heldFrom(j.pl or '')
  for i, lane in ipairs(j.lanes) do
    if not held[i] then
      call('HINCRBY', root .. 'lanes', member(t, lane[1]), '1')
      if lane[2] == '1' then
        call('HSET', root .. 'lanes', holder(t, lane[1]), id)
      end
      held[i] = true
    end
  end
  if #j.lanes > 0 then
    call('HSET', key, 'pl', heldTo(held, #j.lanes))
  end
  call('HSET', key, 's', 'running', 'u', whole(now + lease), 'w', worker)
  call('ZADD', root .. 'run', whole(now + lease), member(t, id))
end

local lost = false
for _, k in ipairs(tries) do
  lost = tellPost(t, k, life) or lost
end

local here, new = call('EXISTS', key) == 1, false
if ended or event ~= '' then
  local known, by = recognise()
  new = not known and #marks > 0
  -- A second delivery of the event that was accepted meanwhile is this job, unless
  -- this one has stopped and the other shows something already.
  local other = by and by ~= id and not here and call('HMGET', T .. 'j:' .. by, 's', 'o') or {}
  if other[1] and (ended or lease > 0 or delivery > 0 and not other[2]) then
    endJob(by)
    new = true
  end
end
if ended then
  if here then
    endJob(id)
  end
  closeHold(t, id .. '.' .. whole(delivery))
  if here or new then
    lost = true
    for _, w in ipairs(writes) do
      if not conflict(T, { w }) then
        writeAll(t, { w })
      end
    end
    for _, p in ipairs(posts) do
      addKnown(t, p, true)
    end
  end
else
  if new and not here and event ~= '' then
    make()
    lost, here = true, true
  end
  local j = here and load(id)
  if j and (delivery > tonumber(j.n) or delivery == tonumber(j.n) and lease > 0 and j.s ~= 'running') then
    carryOn(j)
    lost = true
  end
end
signal('wake', 'ready')
signal('owake', 'oready')
local answer = lost and 1 or 0
remember(nonce, whole(answer))
return answer
