#!lua flags=no-writes
-- unfinished lists the jobs and posts of a partition that are not at their end.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock
-- returns { jobs, posts }, a job being { meta, event, accepted, delivery, note or
--         nil, cause }, a post { meta, body, try, end of its lease, "1" when the
--         result of a try is unknown }
local jobs, posts = {}, {}
for i, m in ipairs(call('ZRANGE', root .. 'all', '0', '-1')) do
  local t, id = split(m)
  jobs[i] = call('HMGET', space(t) .. 'j:' .. id, 'm', 'e', 'at', 'n', 'o', 'c')
end
for i, m in ipairs(call('ZRANGE', root .. 'oall', '0', '-1')) do
  local t, id = split(m)
  local p = call('HMGET', space(t) .. 'o:' .. id, 'm', 'b', 'n', 'u', 'r', 'f')
  if p[6] == '1' then
    p[5] = '1'
  end
  posts[i] = p
end
return { jobs, posts }
