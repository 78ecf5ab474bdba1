#!lua flags=no-writes
-- records reads one record, or the records of a kind by the prefix of their id.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, kind, "one" | "all", id or prefix
-- returns records, each { id, version, end (µs) or "", body }
local t, kind, many, id = arg(), arg(), arg() == 'all', arg()
local T = space(t)
local ids = { kind .. SEP .. id }
if many then
  ids = call('ZRANGEBYLEX', T .. 'di', '[' .. ids[1], '(' .. ids[1] .. '\255')
end
local out = {}
for _, m in ipairs(ids) do
  local name = string.sub(m, #kind + 2)
  local r = call('HMGET', T .. 'd:' .. kind .. ':' .. name, 'v', 'x', 'b')
  if r[1] and (r[2] == '' or now < tonumber(r[2])) then
    out[#out + 1] = { name, r[1], r[2], r[3] }
  end
end
return out
