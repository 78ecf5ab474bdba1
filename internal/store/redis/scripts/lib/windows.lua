-- windows: the day, the week and the month that money is booked in, and the
-- counters that limits are checked against, in the hash of a window: "+<scope>"
-- is what is settled there and "~<scope>" what is held. Amounts are strings, and
-- Redis adds them, in 64 bits.
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

-- plus adds an amount to counters in each of the windows.
local function plus(T, ids, names, amount)
  for _, kind in ipairs(KINDS) do
    local id = ids[kind]
    if id and id ~= '' then
      local key = T .. 'n:' .. kind .. ':' .. id
      for _, name in ipairs(names) do
        call('HINCRBY', key, name, amount)
      end
    end
  end
end
