#!lua flags=allow-oom
-- sweep closes holds past their lifetime and forgets records that have ended.
--@ use base books holds records
-- KEYS[1] partition root
-- ARGV    clock, nonce, most holds, and most records
-- returns { holds of which nothing was sent, steps booked as uncertain, 1 when
--         there is more }
local nonce, most = arg(), arg()
local again = before(nonce)
if again then
  return cjson.decode(again)
end
local released, uncertain = 0, 0
local over = call('ZRANGEBYSCORE', root .. 'holds', '-inf', whole(now), 'LIMIT', '0', most)
for _, m in ipairs(over) do
  local t, id = split(m)
  local untouched, booked = closeHold(t, id)
  uncertain = uncertain + booked
  if untouched then
    released = released + 1
  end
end
local ended = call('ZRANGEBYSCORE', root .. 'ends', '-inf', whole(now), 'LIMIT', '0', most)
for _, m in ipairs(ended) do
  local t, rest = split(m)
  local kind, id = split(rest)
  removeRecord(t, kind, id)
end
local answer = { released, uncertain, (#over == tonumber(most) or #ended == tonumber(most)) and 1 or 0 }
if #over > 0 then
  remember(nonce, cjson.encode(answer))
end
return answer
