-- sheet: the counters that limits are checked against, in the hash of a window:
-- "+<scope>" is what is settled there and "~<scope>" what is held. A call reads
-- each of them once and writes it once, at its end: one HMGET and one HSET for a
-- window, where one HINCRBY for each number took most of a settlement's time.
-- Amounts are strings outside of this file.
--@ use base

-- EXACT is the bound below which Lua adds whole numbers exactly and prints them
-- with all digits, with room to spare. Beyond it Redis adds, in 64 bits.
local EXACT = 9000000000000000

local function exact(n)
  return n < EXACT and n > -EXACT
end

local function newSheet(T)
  return { T = T, pages = {} }
end

-- page is a window's counters as they are known: now the amounts by name, and
-- which of them are to be written.
local function page(sheet, window)
  local p = sheet.pages[window]
  if not p then
    p = { key = sheet.T .. 'n:' .. window, now = {}, changed = {} }
    sheet.pages[window] = p
  end
  return p
end

-- want reads counters that are not known yet and returns all known ones.
local function want(sheet, window, names)
  local p, lack, n = page(sheet, window), {}, 0
  for _, name in ipairs(names) do
    if not p.now[name] then
      n = n + 1
      lack[n] = name
    end
  end
  if n > 0 then
    for i, amount in ipairs(call('HMGET', p.key, unpack(lack))) do
      p.now[lack[i]] = amount or '0'
    end
  end
  return p.now
end

-- plus adds an amount to a counter that want has read.
local function plus(sheet, window, name, amount)
  local p = page(sheet, window)
  local old_num, add_num = tonumber(p.now[name]), tonumber(amount)
  if exact(old_num) and exact(add_num) and exact(old_num + add_num) then
    p.now[name], p.changed[name] = string.format('%.0f', old_num + add_num), true
    return
  end
  if p.changed[name] then
    call('HSET', p.key, name, p.now[name])
    p.changed[name] = nil
  end
  call('HINCRBY', p.key, name, amount)
  p.now[name] = call('HGET', p.key, name)
end

-- writeSheet puts what has changed where it belongs.
local function writeSheet(sheet)
  for _, p in pairs(sheet.pages) do
    local put, n = {}, 0
    for name in pairs(p.changed) do
      put[n + 1], put[n + 2] = name, p.now[name]
      n = n + 2
    end
    if n > 0 then
      call('HSET', p.key, unpack(put))
      p.changed = {}
    end
  end
end
