#!lua flags=allow-oom
-- posts gives posts of one partition to a sender, the head of each lane only.
--@ use base outbox
-- KEYS[1] partition root
-- ARGV    clock, nonce, most posts, lease (µs)
-- returns { 1 when there is more to look at, posts }, a post being { meta,
--         body, try, until, "1" when an earlier result is unknown }
local nonce, most, lease = arg(), tonumber(arg()), tonumber(arg())

local function ticket(m)
  local t, id = split(m)
  return call('HMGET', space(t) .. 'o:' .. id, 'm', 'b', 'n', 'u', 'r')
end

local again = before(nonce)
local given = again and cjson.decode(again) or {}
if not again then
  for _, m in ipairs(call('ZRANGEBYSCORE', root .. 'otime', '-inf', whole(now))) do
    local t, id = split(m)
    call('ZREM', root .. 'otime', m)
    call('ZADD', root .. 'oready', call('HGET', space(t) .. 'o:' .. id, 'q'), m)
  end
  given = call('ZRANGE', root .. 'oready', '0', whole(most - 1))
  for _, m in ipairs(given) do
    local t, id = split(m)
    local key = space(t) .. 'o:' .. id
    if call('HGET', key, 'f') == '1' then
      call('HSET', key, 'r', '1')
    end
    call('HINCRBY', key, 'n', '1')
    call('HSET', key, 'f', '1', 'u', whole(now + lease))
    call('ZREM', root .. 'oready', m)
    call('ZADD', root .. 'otime', whole(now + lease), m)
  end
  if #given > 0 then
    remember(nonce, cjson.encode(given))
  end
  signal('owake', 'oready')
end

local out = {}
for i, m in ipairs(given) do
  out[i] = ticket(m)
end
return { call('ZCARD', root .. 'oready') > 0 and 1 or 0, out }
