#!lua flags=no-writes
-- openholds lists the holds of a workspace that are not closed.
--@ use base
-- KEYS[1] partition root
-- ARGV    clock, workspace
-- returns holds, each { id, since, expires, scopes, window ids, amounts… } with
--         the amounts of the steps not settled
local t = arg()
local prefix, out = t .. SEP, {}
for _, m in ipairs(call('ZRANGE', root .. 'holds', '0', '-1')) do
  if string.sub(m, 1, #prefix) == prefix then
    local id = string.sub(m, #prefix + 1)
    local key = space(t) .. 'h:' .. id
    local h = call('HMGET', key, 'at', 'exp', 'sc', 'ids', 'st')
    local row = { id, h[1], h[2], h[3], h[4] }
    for n in string.gmatch(h[5] or '', '%-?%d+') do
      local step = call('HMGET', key, 'a' .. n, 'x' .. n)
      if step[2] ~= 's' then
        row[#row + 1] = step[1]
      end
    end
    out[#out + 1] = row
  end
end
return out
