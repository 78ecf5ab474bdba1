-- records: small documents. A record is a hash of v (version), x (end, "" for
-- none) and b (body); "di" lists a workspace's records as <kind> SEP <id>, and
-- "ends" a partition's records that end, by when.
--@ use base

-- readWrites takes the writes of a batch from the arguments.
local function readWrites()
  local out = {}
  for i = 1, tonumber(arg()) do
    out[i] = { kind = arg(), id = arg(), body = arg(), ttl = tonumber(arg()), expect = tonumber(arg()), delete = arg() == '1' }
  end
  return out
end

local function recordKey(T, kind, id)
  return T .. 'd:' .. kind .. ':' .. id
end

-- version is 0 when there is no live record.
local function version(key)
  local r = call('HMGET', key, 'v', 'x')
  if not r[1] or r[2] ~= '' and tonumber(r[2]) <= now then
    return 0
  end
  return tonumber(r[1])
end

local function conflict(T, writes)
  for _, w in ipairs(writes) do
    if w.expect >= 0 and w.expect ~= version(recordKey(T, w.kind, w.id)) then
      return true
    end
  end
  return false
end

local function removeRecord(t, kind, id)
  local T = space(t)
  call('DEL', recordKey(T, kind, id))
  call('ZREM', T .. 'di', kind .. SEP .. id)
  call('ZREM', root .. 'ends', member(t, kind .. SEP .. id))
end

local function writeAll(t, writes)
  local T = space(t)
  for _, w in ipairs(writes) do
    if w.delete then
      removeRecord(t, w.kind, w.id)
    else
      local key, ends = recordKey(T, w.kind, w.id), ''
      local v = version(key) + 1
      local m = member(t, w.kind .. SEP .. w.id)
      if w.ttl > 0 then
        ends = whole(now + w.ttl)
        call('ZADD', root .. 'ends', ends, m)
      else
        call('ZREM', root .. 'ends', m)
      end
      call('HSET', key, 'v', whole(v), 'x', ends, 'b', w.body)
      if w.ttl > 0 then
        call('PEXPIRE', key, milliseconds(w.ttl))
      else
        call('PERSIST', key)
      end
      call('ZADD', T .. 'di', '0', w.kind .. SEP .. w.id)
      call('SADD', root .. 'tenants', t)
    end
  end
end
