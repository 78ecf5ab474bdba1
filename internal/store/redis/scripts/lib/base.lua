-- base: what every script has. KEYS[1] is the partition root "tw:{p}:"; every
-- other key is that root plus a suffix, so it is in the same slot by
-- construction. ARGV[1] is the clock: an offset in microseconds to add to TIME
-- (0 outside tests), or "@<microseconds>" for a clock that stands still.
local SEP = '\31'

-- What belongs to one call. The files of lib can be read once and called many
-- times, so they keep nothing of a call but this, which begin sets anew.
local call, root, argv, pos, now

local function arg()
  pos = pos + 1
  return argv[pos]
end

-- whole prints a count or an instant without an exponent. It is not for sums of
-- money, which stay strings from end to end; only a limit's extra, which is
-- small enough to be exact, is added up and printed here.
local function whole(n)
  return string.format('%.0f', n)
end

local function clock(spec)
  if string.sub(spec, 1, 1) == '@' then
    return tonumber(string.sub(spec, 2))
  end
  local t = call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2]) + tonumber(spec)
end

-- begin comes before the first line of every script; Go puts it there.
local function begin(keys, args)
  call, root, argv, pos = redis.call, keys[1], args, 0
  now = clock(arg())
end

-- space is the root of a workspace's keys. Workspaces are written as encoded
-- by Go, so that they hold neither ":" nor SEP.
local function space(t)
  return root .. 't:' .. t .. ':'
end

local function member(t, id)
  return t .. SEP .. id
end

local function split(m)
  local i = string.find(m, SEP, 1, true)
  return string.sub(m, 1, i - 1), string.sub(m, i + 1)
end

-- padded makes a sequence number sort as text.
local function padded(seq)
  return string.format('%016.0f', tonumber(seq))
end

-- before and remember make a script that is sent twice by the client's own
-- retry answer as it did the first time: nonce is the same for the retries of
-- one operation and for nothing else.
local function before(nonce)
  return call('GET', root .. 'c:' .. nonce)
end

local function remember(nonce, answer)
  call('SET', root .. 'c:' .. nonce, answer, 'PX', '60000')
end

-- milliseconds rounds a length in microseconds up, for Redis' own expiry.
local function milliseconds(us)
  return whole(math.max(1, math.ceil(us / 1000)))
end

-- signal keeps the wake key true: it exists exactly while something is ready.
local function signal(wake, ready)
  if call('ZCARD', root .. ready) == 0 then
    call('DEL', root .. wake)
  elseif call('EXISTS', root .. wake) == 0 then
    call('XADD', root .. wake, '*', 'r', '1')
  end
end
