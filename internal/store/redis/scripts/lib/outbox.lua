-- outbox: posts on their way. A post is a hash: m (what Go needs), b (body), l
-- (lane or ""), q (sequence), n (tries), f "1" while a sender has it, u (end of
-- its lease), r "1" when an earlier try has an unknown result. "lined" sorts
-- the posts of lanes as <workspace> SEP <lane> SEP <seq> SEP <post>; only the
-- head of a lane is ever in "oready" (by sequence) or "otime" (by instant).
--@ use base

local function headOf(t, lane)
  local prefix = member(t, lane)
  local list = call('ZRANGEBYLEX', root .. 'lined', '[' .. prefix .. SEP, '(' .. prefix .. '\32', 'LIMIT', '0', '1')
  if #list == 0 then
    return nil
  end
  return string.match(string.sub(list[1], #prefix + 2), '^(%d+)\31(.*)$')
end

local function lined(t, lane, seq, id)
  return member(t, lane) .. SEP .. padded(seq) .. SEP .. id
end

-- addPost appends a post; an id that is there already is the same post.
local function addPost(t, p)
  local key = space(t) .. 'o:' .. p.id
  if call('EXISTS', key) == 1 then
    return
  end
  local seq = whole(call('INCR', root .. 'seq'))
  call('HSET', key, 'm', p.meta, 'b', p.body, 'l', p.lane, 'q', seq, 'n', '0', 'f', '0', 'r', '0')
  call('ZADD', root .. 'oall', seq, member(t, p.id))
  if p.lane ~= '' then
    call('ZADD', root .. 'lined', '0', lined(t, p.lane, seq, p.id))
    local _, head = headOf(t, p.lane)
    if head ~= p.id then
      return
    end
  end
  call('ZADD', root .. 'oready', seq, member(t, p.id))
end

-- removePost takes a post out and lets the next of its lane go.
local function removePost(t, id)
  local key, m = space(t) .. 'o:' .. id, member(t, id)
  local p = call('HMGET', key, 'l', 'q')
  call('DEL', key)
  for _, z in ipairs({ 'oall', 'oready', 'otime' }) do
    call('ZREM', root .. z, m)
  end
  if p[1] and p[1] ~= '' then
    call('ZREM', root .. 'lined', lined(t, p[1], p[2], id))
    local seq, head = headOf(t, p[1])
    local h = head and call('HMGET', space(t) .. 'o:' .. head, 'f', 'u')
    if h and h[1] == '1' then -- with its sender already; see past
      call('ZADD', root .. 'otime', h[2], member(t, head))
    elseif h and not call('ZSCORE', root .. 'otime', member(t, head)) then
      call('ZADD', root .. 'oready', seq, member(t, head))
    end
  end
end
