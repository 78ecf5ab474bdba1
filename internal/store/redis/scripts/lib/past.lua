-- past: what is remembered of posts, told again to a store that was put back. A
-- post that is not there leaves "p:<post>": "sent", or "<try> <end of its lease>"
-- while nobody knows whether it was sent, for whoever adds it afterwards.

-- giveBack lets a sender go on with a post that it has.
local function giveBack(t, id, try, ends)
  local m = member(t, id)
  call('HSET', space(t) .. 'o:' .. id, 'f', '1', 'n', try, 'u', ends, 'r', '1')
  -- Not the head of its lane: it is put there with its lease when it becomes that.
  if call('ZREM', root .. 'oready', m) + call('ZREM', root .. 'otime', m) > 0 then
    call('ZADD', root .. 'otime', ends, m)
  end
end

-- tellPost takes in what a sender remembers and returns whether that was lost.
local function tellPost(t, k, life)
  local key, mark = space(t) .. 'o:' .. k.id, space(t) .. 'p:' .. k.id
  local ends = whole(now + k.lease)
  local p = call('HMGET', key, 'n', 'f', 'r')
  if k.sent then
    call('SET', mark, 'sent', 'PX', milliseconds(life))
    if p[1] then
      removePost(t, k.id)
    end
    return p[1] and true or false
  end
  if not p[1] then
    if call('GET', mark) ~= 'sent' then
      call('SET', mark, whole(k.try) .. ' ' .. ends, 'PX', milliseconds(life))
    end
    return false
  end
  if p[2] == '1' or k.lease == 0 and p[3] == '1' then
    return false
  end
  local try = whole(math.max(k.try, tonumber(p[1])))
  if k.lease > 0 then
    giveBack(t, k.id, try, ends)
  else
    call('HSET', key, 'n', try, 'r', '1')
  end
  return true
end

-- addKnown appends a post of a job that ends, unless it is known to be sent. When
-- somebody had it, or again says that the job had ended before, it may have been:
-- whoever sends it looks first.
local function addKnown(t, p, again)
  local known = call('GET', space(t) .. 'p:' .. p.id)
  if known == 'sent' then
    return
  end
  addPost(t, p)
  if known or again then
    call('HSET', space(t) .. 'o:' .. p.id, 'r', '1')
  end
  local try, ends = string.match(known or '', '^(%d+) (%d+)$')
  if try and now < tonumber(ends) then
    giveBack(t, p.id, try, ends)
  end
end
