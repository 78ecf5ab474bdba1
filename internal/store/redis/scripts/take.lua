-- take counts an id against a rate in a window that begins with its first id.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, rate, id, limit, length of the window (µs)
-- returns { 1 when counted, 1 when this is the first id refused, end (µs) }
local t, name, id, limit, length = arg(), arg(), arg(), tonumber(arg()), tonumber(arg())
local key = space(t) .. 'k:' .. name
local ends = call('HGET', key, 'u')
if not ends or tonumber(ends) <= now then
  call('DEL', key)
  ends = whole(now + length)
  call('HSET', key, 'u', ends, 'n', '0')
  call('PEXPIRE', key, milliseconds(length))
end
if call('HEXISTS', key, 'i' .. id) == 1 then
  return { 1, 0, ends }
end
if tonumber(call('HGET', key, 'n')) < limit then
  call('HSET', key, 'i' .. id, '1')
  call('HINCRBY', key, 'n', '1')
  return { 1, 0, ends }
end
call('HSETNX', key, 't', id)
return { 0, call('HGET', key, 't') == id and 1 or 0, ends }
