#!lua flags=allow-oom
-- stop asks a job to stop; it is told at its next beat.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, job id
-- returns 1 when there is such a job
local t, id = arg(), arg()
local key = space(t) .. 'j:' .. id
if call('EXISTS', key) == 0 then
  return 0
end
call('HSET', key, 'x', '1')
return 1
