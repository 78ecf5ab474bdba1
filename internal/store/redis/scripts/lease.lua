-- lease takes, renews or gives up a name that one holder has for a while.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, name, holder, length (µs; 0 or less gives it up)
-- returns 1 when the holder has it now
local name, holder, length = arg(), arg(), tonumber(arg())
local key = root .. 'l:' .. name
local l = call('HMGET', key, 'h', 'u')
if l[1] and l[1] ~= holder and now < tonumber(l[2]) then
  return 0
end
if length <= 0 then
  call('DEL', key)
  return 0
end
call('HSET', key, 'h', holder, 'u', whole(now + length))
call('PEXPIRE', key, milliseconds(length))
return 1
