-- levels: where scopes stand. scopes are { k, i, t } (kind, id, templates),
-- windows are { k, i, n, b } (kind, id, next id, boundary).
--@ use windows

-- SLOTS are where the windows stand in a limit: "lim" keeps, for a scope or a
-- template, "<day>;<week>;<month>", each "<amount>|<extra>|<until>|<then>" or
-- nothing. Where a scope has extras three slots more follow, one for each
-- window: "<approval>|<extra>|<until>|<reason>" of each, with "," between them.
local SLOTS = { day = 1, week = 2, month = 3 }
local EXTRAS = 3

-- MOST is the largest limit there is; see money.Max.
local MOST = 9000000000000000

local function slotsFrom(s)
  if not s or s == '' then
    return { '', '', '', '', '', '' }
  end
  local day, week, month, extras = string.match(s, '^([^;]*);([^;]*);([^;]*)(.*)$')
  local slots, n = { day, week, month, '', '', '' }, EXTRAS
  for part in string.gmatch(extras, ';([^;]*)') do
    n = n + 1
    slots[n] = part
  end
  return slots
end

-- limitsOf returns, for each scope, the limits by slot: those of its own id,
-- else of its first template that has one for that window. Extras are those of
-- its own id alone.
local function limitsOf(T, scopes)
  local names, n = {}, 0
  for _, s in ipairs(scopes) do
    n = n + 1
    names[n] = s.k .. ':' .. s.i
    for _, template in ipairs(s.t or {}) do
      n = n + 1
      names[n] = s.k .. ':' .. template
    end
  end
  local found = n > 0 and call('HMGET', T .. 'lim', unpack(names)) or {}
  local out, at = {}, 0
  for i, s in ipairs(scopes) do
    at = at + 1
    local mine = slotsFrom(found[at])
    for _ = 1, #(s.t or {}) do
      at = at + 1
      if found[at] then
        local theirs = slotsFrom(found[at])
        for slot = 1, EXTRAS do
          if mine[slot] == '' then
            mine[slot] = theirs[slot]
          end
        end
      end
    end
    out[i] = mine
  end
  return out
end

-- inForce returns a limit with what is added to it now: "<amount>|<extra>|
-- <until>|<then>", where extra is the sum of all extras in force and until the
-- end of the first of them. Amount and extra together are at most MOST, which
-- Lua adds exactly; a sum of extras beyond that is cut whatever its last digit.
local function inForce(limit, extras)
  if limit == '' or extras == '' and string.find(limit, '|0|0|', 1, true) then
    return limit
  end
  local amount, sum, first, what = string.match(limit, '^(%d+)|(%d+)|(%d+)|(.*)$')
  sum, first = tonumber(sum), tonumber(first)
  if now >= first or sum == 0 then
    sum, first = 0, 0
  end
  for extra, till in string.gmatch(extras, '[^|,]*|(%d+)|(%d+)|[^|,]*') do
    till = tonumber(till)
    if now < till then
      sum = sum + tonumber(extra)
      if first == 0 or till < first then
        first = till
      end
    end
  end
  return amount .. '|' .. whole(math.min(sum, MOST - tonumber(amount))) .. '|' .. whole(first) .. '|' .. what
end

-- levels returns { scope number, window number, window id, settled, held,
-- limit in force } for each scope and window; only those with a limit unless
-- all.
local function levels(T, scopes, windows, ids, all)
  local limits, rows = limitsOf(T, scopes), {}
  for i = 1, #scopes do
    rows[i] = {}
  end
  for j, w in ipairs(windows) do
    local id, slot, names, of = ids[w.k] or '', SLOTS[w.k], {}, {}
    for i, s in ipairs(scopes) do
      local limit = slot and inForce(limits[i][slot], limits[i][EXTRAS + slot]) or ''
      if all or limit ~= '' then
        local key, n = s.k .. ':' .. s.i, #names
        names[n + 1], names[n + 2] = '+' .. key, '~' .. key
        local row = { i, j, id, '', '', limit }
        rows[i][#rows[i] + 1], of[#of + 1] = row, row
      end
    end
    local sums = #names > 0 and call('HMGET', T .. 'n:' .. w.k .. ':' .. id, unpack(names)) or {}
    for k, row in ipairs(of) do
      row[4], row[5] = sums[2 * k - 1] or '0', sums[2 * k] or '0'
    end
  end
  local out = {}
  for _, of in ipairs(rows) do
    for _, row in ipairs(of) do
      out[#out + 1] = row
    end
  end
  return out
end

-- passes reports whether a sum fits under a hard limit. Amounts and limits are
-- at most 9e15, which Lua compares exactly; a counter beyond that is above any
-- limit whatever its last digit.
local function passes(level, sum)
  local amount, extra, what = string.match(level[6], '^(%d+)|(%d+)|%d+|(.*)$')
  if what == 'warn' then
    return true
  end
  return tonumber(sum) <= tonumber(amount) + tonumber(extra) - (tonumber(level[4]) + tonumber(level[5]))
end
