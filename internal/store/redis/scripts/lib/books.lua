-- books: rows, the sums kept beside them, and the marks that make an entry's
-- id count once. The amounts that limits are checked against are strings
-- throughout, and HINCRBY adds them as 64-bit integers: in the hash of a window,
-- "+<scope>" is what is settled there and "~<scope>" what is held.

local KINDS = { 'day', 'week', 'month' }
local DOLLAR = 1000000000

-- carry keeps the nano-dollars behind the dollars at a place below one dollar.
local function carry(cell, place)
  local nanos = cell[place + 1]
  if nanos and nanos >= DOLLAR then
    cell[place], cell[place + 1] = cell[place] + 1, nanos - DOLLAR
  end
end

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
  local new, add, count = {}, e.f, #e.f
  for r, name in ipairs(e.k) do
    local cell = old[r] and cmsgpack.unpack(old[r]) or {}
    for i = 1, count do
      cell[i] = (cell[i] or 0) + add[i]
    end
    carry(cell, 1)
    carry(cell, 12)
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
-- it: id, c (cost), u ("1" when uncertain), k (rollup rows), f (its cell,
-- without trailing zeros), s (settled counters); body is kept unread, and so is
-- at, the instant of a row that was booked elsewhere before; else it is nil or ''.
local function book(t, e, body, ids, at)
  local T, month = space(t), ids.month or ''
  if not at or at == '' then
    at = whole(now)
  end
  local place = call('XADD', T .. 'e:' .. month, '*', 'i', e.id, 'b', body, 't', at, 'w', idsTo(ids))
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
        local key = T .. 'n:' .. window
        for _, scope in ipairs(e.s) do
          call('HINCRBY', key, scope, e.c)
        end
      end
      addRollup(T, window, e)
    end
  end
  return { e.id, body, at, idsTo(ids) }
end
