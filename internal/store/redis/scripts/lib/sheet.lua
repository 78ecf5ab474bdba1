-- sheet: the counters that limits are checked against, in the hash of a window:
-- "+<scope>" is what is settled there and "~<scope>" what is held. A call notes
-- what is to be added and writes it at its end: one HMGET and one HSET for a
-- window, because redis-server pays for each command again in its log. Amounts
-- are strings outside of this file.
--@ use base

-- EXACT is the bound below which Lua adds whole numbers exactly and prints them
-- with all digits. Beyond it Redis adds, in 64 bits.
local EXACT = 9000000000000000

local function exact(n)
  return n <= EXACT and n >= -EXACT
end

local function newSheet(T)
  return { T = T, pages = {} }
end

-- increase has Redis add what Lua cannot.
local function increase(sheet, window, name, n)
  call('HINCRBY', sheet.T .. 'n:' .. window, name, string.format('%.0f', n))
end

-- plus notes an amount to be added to counters of a window.
local function plus(sheet, window, names, amount)
  local page, add_num = sheet.pages[window], tonumber(amount)
  if not page then
    page = {}
    sheet.pages[window] = page
  end
  for _, name in ipairs(names) do
    local noted = page[name] or 0
    if not exact(noted + add_num) then
      increase(sheet, window, name, noted)
      noted = 0
    end
    page[name] = noted + add_num
  end
end

-- counters reads counters of a window as they will be.
local function counters(sheet, window, names)
  local found, page = call('HMGET', sheet.T .. 'n:' .. window, unpack(names)), sheet.pages[window]
  for i, name in ipairs(names) do
    local add_num, old = page and page[name], found[i] or '0'
    if add_num then
      if exact(tonumber(old)) and exact(tonumber(old) + add_num) then
        old = string.format('%.0f', tonumber(old) + add_num)
      else
        increase(sheet, window, name, add_num)
        page[name] = nil
        old = call('HGET', sheet.T .. 'n:' .. window, name)
      end
    end
    found[i] = old
  end
  return found
end

-- writeSheet adds what was noted.
local function writeSheet(sheet)
  for window, page in pairs(sheet.pages) do
    local names, put, n = {}, {}, 0
    for name in pairs(page) do
      names[#names + 1] = name
    end
    local found = #names > 0 and call('HMGET', sheet.T .. 'n:' .. window, unpack(names)) or {}
    for i, name in ipairs(names) do
      local old_num = tonumber(found[i] or '0')
      local sum = old_num + page[name]
      if exact(old_num) and exact(sum) then
        put[n + 1], put[n + 2] = name, string.format('%.0f', sum)
        n = n + 2
      else
        increase(sheet, window, name, page[name])
      end
    end
    if n > 0 then
      call('HSET', sheet.T .. 'n:' .. window, unpack(put))
    end
  end
  sheet.pages = {}
end
