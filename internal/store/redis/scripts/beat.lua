#!lua flags=allow-oom
-- beat extends the lease of a running job and stores what its worker notes.
--@ use base lanes
-- KEYS[1] partition root
-- ARGV    clock, workspace, job id, delivery, lease (µs), "1" when there is a
--         note, note
-- returns 0 or 1 (asked to stop), or -1 when the ticket is lost
local t, id, delivery, lease, noted, note = arg(), arg(), arg(), tonumber(arg()), arg(), arg()
local key, m = space(t) .. 'j:' .. id, member(t, id)
if not good(key, delivery) then
  return -1
end
demote(m, 'running')
call('HSET', key, 'u', whole(now + lease))
call('ZADD', root .. 'run', whole(now + lease), m)
if noted == '1' then
  call('HSET', key, 'o', note)
end
signal('wake', 'ready')
return call('HEXISTS', key, 'x')
