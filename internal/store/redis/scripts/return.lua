#!lua flags=allow-oom
-- return gives a job back, to be run again later. Its places stay taken.
--@ use base lanes books holds
-- KEYS[1] partition root
-- ARGV    clock, nonce, workspace, job id, delivery, after (µs), cause
-- returns 1, or -1 when the ticket is lost
local nonce, t, id, delivery, after, cause = arg(), arg(), arg(), arg(), tonumber(arg()), arg()
local key, m = space(t) .. 'j:' .. id, member(t, id)
if not good(key, delivery) then
  return call('HGET', key, 'k') == nonce and 1 or -1
end
demote(m, 'running')
call('ZREM', root .. 'run', m)
closeHold(t, id .. '.' .. delivery)
call('HSET', key, 's', 'waiting', 'u', whole(now + after), 'c', cause, 'k', nonce)
if after > 0 then
  call('ZADD', root .. 'due', whole(now + after), m)
else
  promote(m, call('HGET', key, 'q'), 'waiting')
end
signal('wake', 'ready')
return 1
