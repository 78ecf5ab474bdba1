-- enqueue stores a job unless it is a copy of one seen before.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, nonce, workspace, job id, meta, event, lanes (JSON or ""),
--         life of a mark (µs), marks…
-- returns 1 when stored, 0 when it is a copy
local nonce, t, id, meta, event, lanes, life = arg(), arg(), arg(), arg(), arg(), arg(), tonumber(arg())
local T = space(t)
local key = T .. 'j:' .. id

-- copy answers for a copy. It writes, so that who waits for a replica after it
-- waits for the first one, too.
local function copy()
  remember(nonce, '0')
  return 0
end

if call('EXISTS', key) == 1 then
  return call('HGET', key, 'k') == nonce and 1 or copy()
end
local marks = {}
for i = pos + 1, #ARGV do
  local mark = T .. 'dd:' .. ARGV[i]
  local seen = call('GET', mark)
  if seen then
    local ends, by = string.match(seen, '^(%d+) (%S+)')
    if by == nonce then
      return 1
    end
    if now < tonumber(ends) then
      return copy()
    end
  end
  marks[#marks + 1] = mark
end
for _, mark in ipairs(marks) do
  call('SET', mark, whole(now + life) .. ' ' .. nonce .. ' ' .. id, 'PX', milliseconds(life))
end
local seq = whole(call('INCR', root .. 'seq'))
call('HSET', key, 'm', meta, 'e', event, 'at', whole(now), 'q', seq, 's', 'ready', 'n', '0', 'k', nonce)
if lanes ~= '' then
  call('HSET', key, 'l', lanes)
end
call('ZADD', root .. 'ready', seq, member(t, id))
call('ZADD', root .. 'all', seq, member(t, id))
signal('wake', 'ready')
return 1
