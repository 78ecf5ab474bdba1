#!lua flags=allow-oom
-- postpone gives a post back, to be sent later.
--@ use base outbox
-- KEYS[1] partition root
-- ARGV    clock, workspace, post id, try, after (µs), "1" when the last try
--         certainly did nothing
-- returns 1; a ticket that is no longer good changes nothing and is no error
local t, id, try, after, known = arg(), arg(), arg(), tonumber(arg()), arg()
local key, m = space(t) .. 'o:' .. id, member(t, id)
local p = call('HMGET', key, 'f', 'n', 'q')
if p[1] ~= '1' or p[2] ~= try then
  return 1
end
call('HSET', key, 'f', '0', 'r', known == '1' and '0' or '1', 'u', whole(now + after))
if after > 0 then
  call('ZREM', root .. 'oready', m)
  call('ZADD', root .. 'otime', whole(now + after), m)
else
  call('ZREM', root .. 'otime', m)
  call('ZADD', root .. 'oready', p[3], m)
end
signal('owake', 'oready')
return 1
