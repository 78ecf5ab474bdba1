#!lua flags=no-writes
-- backlog counts the jobs and posts of a partition.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock
-- returns { ready, parked, running, waiting, outbox, accepted (µs) of the
--         oldest job or "" }
local late = call('HMGET', root .. 'late', 'parked', 'running', 'waiting')
local parked, running, waiting = tonumber(late[1] or '0'), tonumber(late[2] or '0'), tonumber(late[3] or '0')
local oldest = ''
local first = call('ZRANGE', root .. 'all', '0', '0')[1]
if first then
  local t, id = split(first)
  oldest = call('HGET', space(t) .. 'j:' .. id, 'at') or ''
end
return {
  call('ZCARD', root .. 'ready') - parked - running - waiting,
  call('ZCARD', root .. 'parked') + parked,
  call('ZCARD', root .. 'run') + running,
  call('ZCARD', root .. 'due') + waiting,
  call('ZCARD', root .. 'oall'),
  oldest,
}
