-- rebuild replaces the rollup and the settled counters of one window. What is
-- held there stays.
--@ use rollups
-- KEYS[1] partition root
-- ARGV    clock, workspace, "<window kind>:<id>", number of rows, row and cell…,
--         scope and amount…
-- returns 1
local t, window, rows = arg(), arg(), tonumber(arg())
local T = space(t)
fold(T)
call('DEL', T .. 'r:' .. window)
for _, name in ipairs(call('HKEYS', T .. 'n:' .. window)) do
  if string.sub(name, 1, 1) == '+' then
    call('HDEL', T .. 'n:' .. window, name)
  end
end
for _ = 1, rows do
  local row, cell = arg(), arg()
  call('HSET', T .. 'r:' .. window, row, cell)
end
while pos < #ARGV do
  local scope, amount = arg(), arg()
  call('HSET', T .. 'n:' .. window, '+' .. scope, amount)
end
return 1
