-- write puts and deletes records, all or none.
--@ use base records
-- KEYS[1] partition root
-- ARGV    clock, nonce, workspace, number of writes, writes (kind, id, body,
--         lifetime in µs or 0, expected version or -1, "1" to delete)
-- returns 1, or 0 when a version was not as expected
local nonce, t = arg(), arg()
local writes = readWrites()
if before(nonce) then
  return 1
end
if conflict(space(t), writes) then
  return 0
end
writeAll(t, writes)
remember(nonce, '1')
return 1
