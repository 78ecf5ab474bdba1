-- rebuild replaces the rollup and the settled counters of one window. What is
-- held there stays.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace, "<window kind>:<id>", packed cells, number of rows,
--         row names in the order of the cells…, scope and amount…
-- returns 1
local t, window, cells, rows = arg(), arg(), arg(), tonumber(arg())
local T = space(t)
call('DEL', T .. 'r:' .. window)
call('DEL', T .. 'x:' .. window)
call('DEL', T .. 's:' .. window)
if rows > 0 then
  call('SET', T .. 'r:' .. window, cells)
end
for i = 0, rows - 1 do
  call('HSET', T .. 'x:' .. window, arg(), whole(i))
end
while pos < #ARGV do
  local scope, amount = arg(), arg()
  call('HSET', T .. 's:' .. window, scope, amount)
end
return 1
