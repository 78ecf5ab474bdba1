-- limits removes and puts limits of a workspace, at once.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, number to remove, keys…, key and limit…
-- returns 1
local t = arg()
local T = space(t)
for _ = 1, tonumber(arg()) do
  call('HDEL', T .. 'lim', arg())
end
while pos < #ARGV do
  local key, limit = arg(), arg()
  call('HSET', T .. 'lim', key, limit)
  call('SADD', root .. 'tenants', t)
end
return 1
