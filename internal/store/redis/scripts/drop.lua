#!lua flags=allow-oom
-- drop removes the rows of a month up to and with a last one. When none is left
-- the marks of their ids stay for a while, so that a late repetition is not
-- booked a second time.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, month, id of the last row or "" for all, life of the
--         marks (ms)
-- returns 1
local t, month, last, life = arg(), arg(), arg(), arg()
local T = space(t)
local rows, marks = T .. 'e:' .. month, T .. 'b:' .. month

-- rest removes up to a row and reports whether any is left.
local function rest(id)
  local mark = call('HGET', marks, id)
  if not mark then
    return true
  end
  local place = string.sub(mark, 2)
  local newest = call('XREVRANGE', rows, '+', '-', 'COUNT', '1')[1]
  if newest and newest[1] == place then
    return false
  end
  local ms, n = string.match(place, '^(%d+)%-(%d+)$')
  call('XTRIM', rows, 'MINID', ms .. '-' .. whole(tonumber(n) + 1))
  return newest ~= nil
end

if last ~= '' and rest(last) then
  return 1
end
call('UNLINK', rows)
if call('SREM', T .. 'months', month) == 1 then
  call('PEXPIRE', marks, life)
end
for _, m in ipairs(call('SMEMBERS', T .. 'marked')) do
  if call('EXISTS', T .. 'b:' .. m) == 0 then
    call('SREM', T .. 'marked', m)
  end
end
return 1
