#!lua flags=allow-oom
-- purge takes a workspace out of everything it shares with others. Its own keys
-- are left to the caller.
--@ use base lanes outbox wipe
-- KEYS[1] partition root
-- ARGV    clock, workspace
-- returns 1
local t = arg()
wipeWork(t)
for _, zset in ipairs({ 'holds', 'ends' }) do
  for _, id in ipairs(mine(t, zset)) do
    call('ZREM', root .. zset, member(t, id))
  end
end
call('SREM', root .. 'tenants', t)
return 1
