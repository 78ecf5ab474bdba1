-- hold reserves all steps of a plan in all scopes and windows, or nothing.
--@ use base levels books holds
-- KEYS[1] partition root
-- ARGV    clock, workspace, hold id, scopes (JSON), windows (JSON), lifetime
--         (µs), sum of the amounts, steps as number and amount…
-- returns { "held" | "known" | "refused", window ids, levels before the hold,
--         number of the level that refused, scopes, windows }; scopes and
--         windows only for a hold that was known
local t, id, sc, wi, life, sum = arg(), arg(), arg(), arg(), tonumber(arg()), arg()
local T = space(t)

local known = call('HMGET', holdKey(t, id), 'sc', 'wi', 'ids')
if known[1] then
  local ids = idsFrom(known[3])
  return { 'known', known[3], levels(T, cjson.decode(known[1]), cjson.decode(known[2]), ids, false), 0, known[1], known[2] }
end

local scopes, windows = cjson.decode(sc), cjson.decode(wi)
local ids = choose(windows)
local stand = levels(T, scopes, windows, ids, false)
if sum ~= '0' then
  for i, level in ipairs(stand) do
    if not passes(level, sum) then
      return { 'refused', idsTo(ids), stand, i }
    end
  end
end

local fields, steps = { 'sc', sc, 'wi', wi, 'ids', idsTo(ids), 'at', whole(now), 'exp', whole(now + life) }, {}
while pos < #ARGV do
  local n, amount = arg(), arg()
  steps[#steps + 1] = n
  fields[#fields + 1] = 'a' .. n
  fields[#fields + 1] = amount
end
fields[#fields + 1] = 'st'
fields[#fields + 1] = table.concat(steps, ',')
call('HSET', holdKey(t, id), unpack(fields))
call('ZADD', root .. 'holds', whole(now + life), member(t, id))
if sum ~= '0' then
  reserve(T, scopes, ids, sum)
end
return { 'held', idsTo(ids), stand, 0 }
