-- books: rows, the rollups kept beside them, and the marks that make an entry's
-- id count once.
--@ use windows rollups

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

-- readEntry reads an entry as Go made it: a packed list of id, cost, "1" when it
-- is uncertain, the counters of what is settled, and its sums, which stay packed.
-- A hold of schema 1 has it as JSON.
local function readEntry(text)
  if string.sub(text, 1, 1) == '{' then
    local e = cjson.decode(text)
    return { id = e.id, cost = e.c, unsure = e.u == '1', counters = e.s, sums = cmsgpack.pack({ e.k, e.f }) }
  end
  local e = cmsgpack.unpack(text)
  return { id = e[1], cost = e[2], unsure = e[3] == '1', counters = e[4], sums = e[5] }
end

-- book appends a row and adds it to every sum it belongs to. body is kept unread,
-- and so is at, the instant of a row that was booked elsewhere before; else it is
-- nil or ''.
local function book(t, e, body, ids, at)
  local T, month = space(t), ids.month or ''
  if not at or at == '' then
    at = whole(now)
  end
  local windows = idsTo(ids)
  local place = call('XADD', T .. 'e:' .. month, '*', 'i', e.id, 'b', body, 't', at, 'w', windows)
  call('HSET', T .. 'b:' .. month, e.id, (e.unsure and 'u' or '-') .. place)
  if call('SADD', T .. 'months', month) == 1 then
    call('SADD', T .. 'marked', month)
    call('PERSIST', T .. 'b:' .. month)
    call('SADD', root .. 'tenants', t)
  end
  if e.cost ~= '0' then
    plus(T, ids, e.counters, e.cost)
  end
  addSums(T, windows, e.sums)
  return { e.id, body, at, windows }
end
