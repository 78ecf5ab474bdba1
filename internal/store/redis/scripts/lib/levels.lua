-- levels: where scopes stand. scopes are { k, i, t } (kind, id, templates),
-- windows are { k, i, n, b } (kind, id, next id, boundary).

-- SLOTS are where the windows stand in a limit: "lim" keeps, for a scope or a
-- template, "<day>;<week>;<month>", each "<amount>|<extra>|<until>|<then>" or
-- nothing.
local SLOTS = { day = 1, week = 2, month = 3 }

local function slotsFrom(s)
  local slots, n = { '', '', '' }, 0
  for part in string.gmatch(s .. ';', '([^;]*);') do
    n = n + 1
    slots[n] = part
  end
  return slots
end

-- limitsOf returns, for each scope, the limits by slot: those of its own id,
-- else of its first template that has one for that window.
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
    local mine = { '', '', '' }
    for _ = 0, #(s.t or {}) do
      at = at + 1
      if found[at] then
        for slot, limit in ipairs(slotsFrom(found[at])) do
          if mine[slot] == '' then
            mine[slot] = limit
          end
        end
      end
    end
    out[i] = mine
  end
  return out
end

-- levels returns { scope number, window number, window id, settled, held,
-- limit } for each scope and window; only those with a limit unless all.
local function levels(T, scopes, windows, ids, all)
  local limits = limitsOf(T, scopes)
  local count, names = #scopes, {}
  for i, s in ipairs(scopes) do
    names[i] = '+' .. s.k .. ':' .. s.i
    names[count + i] = '~' .. s.k .. ':' .. s.i
  end
  local sums = {}
  if count > 0 then
    for j, w in ipairs(windows) do
      sums[j] = call('HMGET', T .. 'n:' .. w.k .. ':' .. (ids[w.k] or ''), unpack(names))
    end
  end
  local out, n = {}, 0
  for i = 1, count do
    for j, w in ipairs(windows) do
      local limit = limits[i][SLOTS[w.k]] or ''
      if all or limit ~= '' then
        n = n + 1
        out[n] = { i, j, ids[w.k] or '', sums[j][i] or '0', sums[j][count + i] or '0', limit }
      end
    end
  end
  return out
end

-- passes reports whether a sum fits under a hard limit. Amounts and limits are
-- at most 9e15, which Lua compares exactly; a counter beyond that is above any
-- limit whatever its last digit.
local function passes(level, sum)
  local amount, extra, ends, what = string.match(level[6], '^(%d+)|(%d+)|(%d+)|(.*)$')
  if what == 'warn' then
    return true
  end
  local limit_num = tonumber(amount)
  if now < tonumber(ends) then
    limit_num = limit_num + tonumber(extra)
  end
  return tonumber(sum) <= limit_num - (tonumber(level[4]) + tonumber(level[5]))
end
