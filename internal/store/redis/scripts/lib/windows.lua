-- windows: the day, the week and the month that money is booked in.
--@ use base

local KINDS = { 'day', 'week', 'month' }

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
