-- holds: reserved money. A hold is a hash: sc and wi (scopes and windows as Go
-- wrote them), ids, at, exp, st (its steps), and for each step n: a<n> the
-- amount, x<n> "d" when dispatched or "s" when settled, p<n> and b<n> the entry
-- and its body to book if nobody settles it. z marks a closed one, kept until
-- its lifetime is over.
--@ use books

local function holdKey(t, id)
  return space(t) .. 'h:' .. id
end

local function loadHold(t, id)
  local flat = call('HGETALL', holdKey(t, id))
  if #flat == 0 then
    return nil
  end
  local h = { name = id }
  for i = 1, #flat, 2 do
    h[flat[i]] = flat[i + 1]
  end
  return h
end

-- scopesOf are the scopes of a hold, read once.
local function scopesOf(h)
  h.scopes = h.scopes or cjson.decode(h.sc)
  return h.scopes
end

-- reserve adds a signed amount to what is held in the scopes and windows of a
-- hold.
local function reserve(T, scopes, ids, amount)
  local names = {}
  for i, s in ipairs(scopes) do
    names[i] = '~' .. s.k .. ':' .. s.i
  end
  plus(T, ids, names, amount)
end

-- settleStep releases the reservation of one step, once.
local function settleStep(t, h, n)
  if not h['a' .. n] or h['x' .. n] == 's' then
    return
  end
  h['x' .. n] = 's'
  call('HSET', holdKey(t, h.name), 'x' .. n, 's')
  if h['a' .. n] ~= '0' then
    reserve(space(t), scopesOf(h), idsFrom(h.ids), '-' .. h['a' .. n])
  end
end

-- closeHold releases what was not sent, books as uncertain what was sent and
-- not settled, and returns whether nothing had been sent, and the number booked.
-- What is released is at most the hold, at most 9e15, which Lua adds exactly.
local function closeHold(t, id, h)
  h = h or loadHold(t, id)
  if not h or h.z then
    return false, 0
  end
  local key, gone, untouched, uncertain, rest_num = holdKey(t, id), {}, true, 0, 0
  for n in string.gmatch(h.st, '%-?%d+') do
    local state, amount = h['x' .. n], h['a' .. n]
    untouched = untouched and not state
    if state == 'd' then
      local e = readEntry(h['p' .. n])
      if not find(space(t), e.id) then
        book(t, e, h['b' .. n], idsFrom(h.ids))
        uncertain = uncertain + 1
      end
    end
    if amount and state ~= 's' then
      rest_num = rest_num + tonumber(amount)
    end
    for _, f in ipairs({ 'a', 'x', 'p', 'b' }) do
      gone[#gone + 1] = f .. n
    end
  end
  if rest_num > 0 then
    reserve(space(t), scopesOf(h), idsFrom(h.ids), string.format('-%.0f', rest_num))
  end
  if #gone > 0 then
    call('HDEL', key, unpack(gone))
  end
  call('HSET', key, 'z', '1')
  call('PEXPIRE', key, milliseconds(math.max(0, tonumber(h.exp) - now) + 60000000))
  call('ZREM', root .. 'holds', member(t, id))
  h.z = '1'
  return untouched, uncertain
end
