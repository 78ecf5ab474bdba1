#!lua flags=allow-oom
-- wipe deletes a workspace's records of some kinds and, if asked, its jobs and
-- outbox. Money they hold is released, or booked, by sweep.
--@ use base lanes records outbox
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
if not jobs then
  return 1
end

-- mine lists the ids of the workspace in a sorted set of members.
local function mine(zset)
  local out, prefix = {}, t .. SEP
  for _, m in ipairs(call('ZRANGE', root .. zset, '0', '-1')) do
    if string.sub(m, 1, #prefix) == prefix then
      out[#out + 1] = string.sub(m, #prefix + 1)
    end
  end
  return out
end

call('ZREMRANGEBYLEX', root .. 'parked', '[' .. t .. SEP, '(' .. t .. '\32')
for _, id in ipairs(mine('all')) do
  local key, m = T .. 'j:' .. id, member(t, id)
  demote(m, call('HGET', key, 's'))
  for _, zset in ipairs({ 'run', 'due', 'all' }) do
    call('ZREM', root .. zset, m)
  end
  call('DEL', key)
end
for _, f in ipairs(call('HKEYS', root .. 'lanes')) do
  if string.sub(f, 1, #t + 1) == t .. SEP then
    call('HDEL', root .. 'lanes', f)
  end
end
for _, id in ipairs(mine('oall')) do
  removePost(t, id)
end
signal('wake', 'ready')
signal('owake', 'oready')
return 1
