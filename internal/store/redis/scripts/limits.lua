-- limits removes and puts limits of a workspace, at once.
--@ use base levels
-- KEYS[1] partition root
-- ARGV    clock, workspace, number to remove, names and window kinds…, name,
--         window kind and limit…
-- returns 1
local t = arg()
local T = space(t)

-- put changes one window's limit of a scope or template; "" removes it.
local function put(name, kind, limit)
  local slots = slotsFrom(call('HGET', T .. 'lim', name) or '')
  slots[SLOTS[kind]] = limit
  local all = table.concat(slots, ';')
  if all == ';;' then
    call('HDEL', T .. 'lim', name)
  else
    call('HSET', T .. 'lim', name, all)
    call('SADD', root .. 'tenants', t)
  end
end

for _ = 1, tonumber(arg()) do
  local name, kind = arg(), arg()
  put(name, kind, '')
end
while pos < #ARGV do
  local name, kind, limit = arg(), arg(), arg()
  put(name, kind, limit)
end
return 1
