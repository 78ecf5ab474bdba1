-- levels: where scopes stand. scopes are { k, i, t } (kind, id, templates),
-- windows are { k, i, n, b } (kind, id, next id, boundary).
--@ use sheet

-- SLOTS are where the windows stand in a limit: "lim" keeps, for a scope or a
-- template, "<day>;<week>;<month>", each "<amount>|<extra>|<until>|<then>" or
-- nothing. Where a scope has extras three slots more follow, one for each
-- window: "<approval>|<extra>|<until>|<reason>" of each, with "," between them.
local SLOTS = { day = 1, week = 2, month = 3 }
local EXTRAS = 3

-- MOST is the largest limit there is; see money.Max.
local MOST = 9000000000000000

local function slotsFrom(s)
  local slots, n = { '', '', '', '', '', '' }, 0
  if not s or s == '' then
    return slots
  end
  for part in string.gmatch(s .. ';', '([^;]*);') do
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
    local mine = slotsFrom(found[at + 1])
    for _ = 1, #(s.t or {}) do
      at = at + 1
      if found[at + 1] then
        local theirs = slotsFrom(found[at + 1])
        for slot = 1, EXTRAS do
          if mine[slot] == '' then
            mine[slot] = theirs[slot]
          end
        end
      end
    end
    at = at + 1
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
local function levels(sheet, scopes, windows, ids, all)
  local limits = limitsOf(sheet.T, scopes)
  local settled, held, names = {}, {}, {}
  for i, s in ipairs(scopes) do
    settled[i], held[i] = '+' .. s.k .. ':' .. s.i, '~' .. s.k .. ':' .. s.i
    names[2 * i - 1], names[2 * i] = settled[i], held[i]
  end
  local sums = {}
  for j, w in ipairs(windows) do
    sums[j] = want(sheet, w.k .. ':' .. (ids[w.k] or ''), names)
  end
  local out, n = {}, 0
  for i = 1, #scopes do
    for j, w in ipairs(windows) do
      local slot = SLOTS[w.k]
      local limit = slot and inForce(limits[i][slot], limits[i][EXTRAS + slot]) or ''
      if all or limit ~= '' then
        n = n + 1
        out[n] = { i, j, ids[w.k] or '', sums[j][settled[i]], sums[j][held[i]], limit }
      end
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
