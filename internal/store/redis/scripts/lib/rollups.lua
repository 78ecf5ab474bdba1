-- rollups: the rows of sums of each window, in hashes of packed cells, and "new",
-- the list of what was booked since they were last brought up to date: an entry
-- belongs to 13 rows in three windows, and most rows are the same for all. Who
-- reads a rollup takes the list with it and adds it, so nothing is ever late.
-- One of "new" is "<day>|<week>|<month>", a line feed, and packed sums: a list of
-- the rows' names and one cell.
--@ use windows

local FOLD = 32 -- length of the list at which it is folded into the hashes
local DOLLAR = 1000000000

-- carry keeps the nano-dollars behind the dollars at a place below one dollar.
local function carry(cell, place)
  local nanos = cell[place + 1]
  if nanos and nanos >= DOLLAR then
    local dollars = math.floor(nanos / DOLLAR)
    cell[place], cell[place + 1] = cell[place] + dollars, nanos - dollars * DOLLAR
  end
end

-- addCell adds one cell to another. A cell is a list of integers, trailing zeros
-- left out. The two amounts in it take two places each, dollars and nano-dollars,
-- so that every number stays far below 2^53 and Lua adds it exactly, whatever
-- the sum.
local function addCell(cell, add)
  for i = 1, #add do
    cell[i] = (cell[i] or 0) + add[i]
  end
end

-- addRows adds rows, cells by name, to the rollup of one window.
local function addRows(T, window, names, rows)
  local key = T .. 'r:' .. window
  local old = call('HMGET', key, unpack(names))
  local new = {}
  for i, name in ipairs(names) do
    local cell = old[i] and cmsgpack.unpack(old[i]) or {}
    addCell(cell, rows[name])
    carry(cell, 1)
    carry(cell, 12)
    new[2 * i - 1], new[2 * i] = name, cmsgpack.pack(cell)
  end
  call('HSET', key, unpack(new))
end

-- fold brings the hashes up to date. What goes to the same windows is added up
-- first.
local function fold(T)
  local all = {}
  for _, one in ipairs(call('LRANGE', T .. 'new', '0', '-1')) do
    local line = string.find(one, '\n', 1, true)
    local windows, sums = string.sub(one, 1, line - 1), cmsgpack.unpack(string.sub(one, line + 1))
    local to = all[windows]
    if not to then
      to = { names = {}, rows = {} }
      all[windows] = to
    end
    for _, name in ipairs(sums[1]) do
      local cell = to.rows[name]
      if not cell then
        cell = {}
        to.rows[name] = cell
        to.names[#to.names + 1] = name
      end
      addCell(cell, sums[2])
    end
  end
  for windows, to in pairs(all) do
    for kind, id in pairs(idsFrom(windows)) do
      if id ~= '' then
        addRows(T, kind .. ':' .. id, to.names, to.rows)
      end
    end
  end
  call('DEL', T .. 'new')
end

-- addSums adds the sums of one entry.
local function addSums(T, windows, sums)
  if call('RPUSH', T .. 'new', windows .. '\n' .. sums) >= FOLD then
    fold(T)
  end
end
