#!lua flags=allow-oom
-- drop removes the rows of a month. The marks of their ids stay for a while, so
-- that a late repetition is not booked a second time.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, month, life of the marks (ms)
-- returns 1
local t, month, life = arg(), arg(), arg()
local T = space(t)
call('UNLINK', T .. 'e:' .. month)
if call('SREM', T .. 'months', month) == 1 then
  call('PEXPIRE', T .. 'b:' .. month, life)
end
for _, m in ipairs(call('SMEMBERS', T .. 'marked')) do
  if call('EXISTS', T .. 'b:' .. m) == 0 then
    call('SREM', T .. 'marked', m)
  end
end
return 1
