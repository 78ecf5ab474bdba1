-- books: rows, the sums kept beside them, and the marks that make an entry's
-- id count once. The amounts that limits are checked against are strings
-- throughout, and HINCRBY adds them as 64-bit integers.

local KINDS = { 'day', 'week', 'month' }
local NANOS = { 2, 13 } -- places of nano-dollars in a cell; dollars are just before

-- idsFrom reads the window ids "<day>|<week>|<month>", of which any may be
-- empty.
local function idsFrom(s)
  local d, w, m = string.match(s, '^([^|]*)|([^|]*)|([^|]*)$')
  return { day = d, week = w, month = m }
end

local function idsTo(ids)
  return (ids.day or '') .. '|' .. (ids.week or '') .. '|' .. (ids.month or '')
end

-- choose picks the window in force for each kind asked for.
local function choose(windows)
  local ids = {}
  for _, w in ipairs(windows) do
    ids[w.k] = now < tonumber(w.b) and w.i or w.n
  end
  return ids
end

-- addRollup adds one cell to the rows of one window. A cell is a packed list of
-- integers, trailing zeros left out. The two amounts in it
-- take two places each, dollars and nano-dollars, so that every number stays far
-- below 2^53 and Lua adds it exactly, whatever the sum.
local function addRollup(T, window, e)
  local key = T .. 'r:' .. window
  local old = call('HMGET', key, unpack(e.k))
  local new = {}
  for r, name in ipairs(e.k) do
    local cell = old[r] and cmsgpack.unpack(old[r]) or {}
    for _, f in ipairs(e.f) do
      for i = #cell + 1, f[1] do
        cell[i] = 0
      end
      cell[f[1]] = cell[f[1]] + f[2]
    end
    for _, nano in ipairs(NANOS) do
      if cell[nano] and cell[nano] >= 1000000000 then
        cell[nano] = cell[nano] - 1000000000
        cell[nano - 1] = cell[nano - 1] + 1
      end
    end
    new[2 * r - 1], new[2 * r] = name, cmsgpack.pack(cell)
  end
  call('HSET', key, unpack(new))
end

-- find returns the month and mark of a booked id. A mark is "u" for an
-- uncertain row or "-", and the row's place in the month.
local function find(T, id)
  for _, month in ipairs(call('SMEMBERS', T .. 'marked')) do
    local mark = call('HGET', T .. 'b:' .. month, id)
    if mark then
      return month, mark
    end
  end
  return nil
end

-- rowAt returns a booked row as id, body, instant and window ids.
local function rowAt(T, month, mark)
  local place = string.sub(mark, 2)
  local found = call('XRANGE', T .. 'e:' .. month, place, place)
  if #found == 0 then
    return nil
  end
  local v = found[1][2]
  return { v[2], v[4], v[6], v[8] }
end

-- book appends a row and adds it to every sum it belongs to. e is as Go made
-- it: id, b (body), c (cost), u ("1" when uncertain), k (rollup rows), f (place
-- and number of its cell, zeros left out), s (scopes).
local function book(t, e, ids)
  local T, month = space(t), ids.month or ''
  local place = call('XADD', T .. 'e:' .. month, '*', 'i', e.id, 'b', e.b, 't', whole(now), 'w', idsTo(ids))
  call('HSET', T .. 'b:' .. month, e.id, (e.u == '1' and 'u' or '-') .. place)
  if call('SADD', T .. 'months', month) == 1 then
    call('SADD', T .. 'marked', month)
    call('PERSIST', T .. 'b:' .. month)
    call('SADD', root .. 'tenants', t)
  end
  for _, kind in ipairs(KINDS) do
    local id = ids[kind]
    if id and id ~= '' then
      local window = kind .. ':' .. id
      if e.c ~= '0' then
        for _, scope in ipairs(e.s) do
          call('HINCRBY', T .. 's:' .. window, scope, e.c)
        end
      end
      addRollup(T, window, e)
    end
  end
  return { e.id, e.b, whole(now), idsTo(ids) }
end
