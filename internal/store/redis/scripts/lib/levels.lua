-- levels: where scopes stand. scopes are { k, i, t } (kind, id, templates),
-- windows are { k, i, n, b } (kind, id, next id, boundary).

-- limitsOf returns, for each scope and window, the limit of the scope's own id,
-- else of its first template that has one, as "<amount>|<extra>|<until>|<then>",
-- or "" when there is none.
local function limitsOf(T, scopes, windows)
  local names, n = {}, 0
  for _, s in ipairs(scopes) do
    for _, w in ipairs(windows) do
      n = n + 1
      names[n] = s.k .. ':' .. s.i .. ':' .. w.k
      for _, template in ipairs(s.t or {}) do
        n = n + 1
        names[n] = s.k .. ':' .. template .. ':' .. w.k
      end
    end
  end
  local found = n > 0 and call('HMGET', T .. 'lim', unpack(names)) or {}
  local out, at = {}, 0
  for i, s in ipairs(scopes) do
    out[i] = {}
    for j = 1, #windows do
      local limit = ''
      for _ = 0, #(s.t or {}) do
        at = at + 1
        if limit == '' and found[at] then
          limit = found[at]
        end
      end
      out[i][j] = limit
    end
  end
  return out
end

-- levels returns { scope number, window number, window id, settled, held,
-- limit } for each scope and window; only those with a limit unless all.
local function levels(T, scopes, windows, ids, all)
  local limits = limitsOf(T, scopes, windows)
  local names = {}
  for i, s in ipairs(scopes) do
    names[i] = s.k .. ':' .. s.i
  end
  local settled, held = {}, {}
  if #names > 0 then
    for j, w in ipairs(windows) do
      local window = w.k .. ':' .. (ids[w.k] or '')
      settled[j] = call('HMGET', T .. 's:' .. window, unpack(names))
      held[j] = call('HMGET', T .. 'v:' .. window, unpack(names))
    end
  end
  local out, n = {}, 0
  for i = 1, #scopes do
    for j, w in ipairs(windows) do
      if all or limits[i][j] ~= '' then
        n = n + 1
        out[n] = { i, j, ids[w.k] or '', settled[j][i] or '0', held[j][i] or '0', limits[i][j] }
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
