#!lua flags=no-writes
-- tenants lists the workspaces of a partition that have entries, limits or
-- records.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock
-- returns workspaces, encoded
local function live(T)
  for _, m in ipairs(call('ZRANGE', T .. 'di', '0', '-1')) do
    local kind, id = split(m)
    local r = call('HMGET', T .. 'd:' .. kind .. ':' .. id, 'v', 'x')
    if r[1] and (r[2] == '' or now < tonumber(r[2])) then
      return true
    end
  end
  return false
end

local out = {}
for _, t in ipairs(call('SMEMBERS', root .. 'tenants')) do
  local T = space(t)
  if call('EXISTS', T .. 'months') == 1 or call('EXISTS', T .. 'lim') == 1 or live(T) then
    out[#out + 1] = t
  end
end
return out
