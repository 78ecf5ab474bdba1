#!lua flags=allow-oom
-- wipe deletes a workspace's records of some kinds and, if asked, its jobs and
-- outbox. Money they hold is released, or booked, by sweep.
--@ use base lanes records outbox wipe
-- KEYS[1] partition root
-- ARGV    clock, workspace, "1" to delete jobs and posts, kinds…
-- returns 1
local t, jobs = arg(), arg() == '1'
local T = space(t)
while pos < #ARGV do
  local kind = arg()
  for _, m in ipairs(call('ZRANGEBYLEX', T .. 'di', '[' .. kind .. SEP, '(' .. kind .. '\32')) do
    removeRecord(t, kind, string.sub(m, #kind + 2))
  end
end
if jobs then
  wipeWork(t)
end
return 1
