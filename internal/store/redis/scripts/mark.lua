-- mark sets a mark for a while, unless it is there.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, nonce, workspace, mark, life (µs)
-- returns 1 when it was not there before
local nonce, t, name, life = arg(), arg(), arg(), tonumber(arg())
local key = space(t) .. 'm:' .. name
local there = call('GET', key)
if there then
  local ends, by = string.match(there, '^(%-?%d+) (.*)$')
  if by == nonce then
    return 1
  end
  if now < tonumber(ends) then
    return 0
  end
end
call('SET', key, whole(now + life) .. ' ' .. nonce, 'PX', milliseconds(life))
return 1
