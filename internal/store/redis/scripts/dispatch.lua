#!lua flags=allow-oom
-- dispatch marks one step of an open hold as sent.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, hold id, step, provisional entry (packed) and
--         its body
-- returns 1, or 0 when there is no such open hold or step
local t, id, n, entry, body = arg(), arg(), arg(), arg(), arg()
local key = space(t) .. 'h:' .. id
local h = call('HMGET', key, 'st', 'z', 'a' .. n, 'x' .. n)
if not h[1] or h[2] or not h[3] then
  return 0
end
if h[4] ~= 's' then
  call('HSET', key, 'x' .. n, 'd', 'p' .. n, entry, 'b' .. n, body)
end
return 1
