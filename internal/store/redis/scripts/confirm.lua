#!lua flags=allow-oom
-- confirm removes a post that was sent, if the ticket is still the last one.
--@ use base outbox
-- KEYS[1] partition root
-- ARGV    clock, workspace, post id, try
-- returns 1; a ticket that is no longer good changes nothing and is no error
local t, id, try = arg(), arg(), arg()
local p = call('HMGET', space(t) .. 'o:' .. id, 'f', 'n')
if p[1] ~= '1' or p[2] ~= try then
  return 1
end
removePost(t, id)
signal('owake', 'oready')
return 1
