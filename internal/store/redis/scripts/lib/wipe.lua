-- wipe: the jobs and posts of a workspace, taken out of everything.
--@ use lanes outbox records

-- mine lists the ids of a workspace in a sorted set of members.
local function mine(t, zset)
  local out, prefix = {}, t .. SEP
  for _, m in ipairs(call('ZRANGE', root .. zset, '0', '-1')) do
    if string.sub(m, 1, #prefix) == prefix then
      out[#out + 1] = string.sub(m, #prefix + 1)
    end
  end
  return out
end

local function wipeWork(t)
  local T = space(t)
  call('ZREMRANGEBYLEX', root .. 'parked', '[' .. t .. SEP, '(' .. t .. '\32')
  for _, id in ipairs(mine(t, 'all')) do
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
  for _, id in ipairs(mine(t, 'oall')) do
    removePost(t, id)
  end
  signal('wake', 'ready')
  signal('owake', 'oready')
end
