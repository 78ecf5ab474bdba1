-- limits removes and puts limits and extras of a workspace, at once, and drops
-- the extras whose time is over.
--@ use base levels
-- KEYS[1] partition root
-- ARGV    clock, workspace, number to remove, names, window kinds and approvals…,
--         name, window kind, approval and limit or extra…; the approval of a
--         limit is ""
-- returns 1
local t = arg()
local T = space(t)

-- others are the extras of a slot without the one of an approval and without
-- those that ended.
local function others(slot, approval)
  local left = {}
  for extra in string.gmatch(slot, '[^,]+') do
    local id, till = string.match(extra, '^([^|]*)|%d+|(%d+)|')
    if id ~= approval and now < tonumber(till) then
      left[#left + 1] = extra
    end
  end
  return left
end

local function keep(name, slots)
  local last = #slots
  while last > 0 and slots[last] == '' do
    last = last - 1
  end
  if last == 0 then
    call('HDEL', T .. 'lim', name)
  else
    call('HSET', T .. 'lim', name, table.concat(slots, ';', 1, math.max(last, EXTRAS)))
  end
end

-- put changes one window's limit of a scope or template, or one extra of it; ""
-- removes it.
local function put(name, kind, approval, text)
  local slots = slotsFrom(call('HGET', T .. 'lim', name))
  if approval == '' then
    slots[SLOTS[kind]] = text
  else
    local at = EXTRAS + SLOTS[kind]
    local all = others(slots[at], approval)
    if text ~= '' then
      all[#all + 1] = text
    end
    slots[at] = table.concat(all, ',')
  end
  keep(name, slots)
  if text ~= '' then
    call('SADD', root .. 'tenants', t)
  end
end

for _ = 1, tonumber(arg()) do
  local name, kind, approval = arg(), arg(), arg()
  put(name, kind, approval, '')
end
while pos < #ARGV do
  local name, kind, approval, text = arg(), arg(), arg(), arg()
  put(name, kind, approval, text)
end

local all = call('HGETALL', T .. 'lim')
for i = 1, #all, 2 do
  local slots, ended = slotsFrom(all[i + 1]), false
  for at = EXTRAS + 1, 2 * EXTRAS do
    local left = table.concat(others(slots[at], ''), ',')
    ended = ended or left ~= slots[at]
    slots[at] = left
  end
  if ended then
    keep(all[i], slots)
  end
end
return 1
