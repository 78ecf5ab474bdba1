#!lua flags=allow-oom
-- settle books one attempt, finishes a job, or does both, in one step.
--@ use base levels lanes books holds records outbox past
-- KEYS[1] partition root
-- ARGV    clock, nonce, workspace,
--         "1" when there is an entry, and then: hold id, step, entry (packed),
--         its body, window ids to book in or "", instant of booking or "" for now,
--         scopes of the entry (JSON), windows to fall back on (JSON);
--         "1" when there is a finish, and then: job id, delivery, number of
--         writes, writes (kind, id, body, lifetime in µs, expected version,
--         "1" to delete), number of posts, posts (id, meta, body, lane or "")
-- returns { verdict, 1 when booked, row, levels, scopes, windows }
--         verdict "ok", "lost" (booked, but the ticket is no longer good),
--         "conflict" (nothing done) or "uncertain" (nothing done: row is an
--         uncertain one that the caller must correct); row { id, body, instant,
--         window ids } or empty when it was dropped; scopes and windows are ""
--         unless they are the hold's
local nonce, t = arg(), arg()
local T = space(t)

local entry = arg() == '1' and { hold = arg(), step = arg(), e = readEntry(arg()), body = arg(), ids = arg(), at = arg(), sc = arg(), wi = arg() }
local finish = arg() == '1' and { id = arg(), delivery = arg(), writes = readWrites(), posts = {} }
if finish then
  for i = 1, tonumber(arg()) do
    finish.posts[i] = { id = arg(), meta = arg(), body = arg(), lane = arg() }
  end
end

local again = before(nonce)
local verdict, booked = 'ok', 0
if again then
  verdict, booked = string.match(again, '^(%a+) (%d)$')
  booked = tonumber(booked)
elseif finish then
  if not good(T .. 'j:' .. finish.id, finish.delivery) then
    verdict = 'lost'
  elseif conflict(T, finish.writes) then
    return { 'conflict', 0, {}, {}, '', '' }
  end
end

local row, stand, sc, wi, h = {}, {}, '', '', nil
if entry then
  h = loadHold(t, entry.hold)
  local open = h and not h.z
  local month, mark = find(T, entry.e.id)
  if mark then
    local m2, corrected = find(T, entry.e.id .. '.c1')
    local last = corrected and rowAt(T, m2, corrected) or rowAt(T, month, mark)
    if last and not corrected and not again and string.sub(mark, 1, 1) == 'u' and not entry.e.unsure then
      return { 'uncertain', 0, last, {}, '', '' }
    end
    row = last or {}
  else
    local ids
    if entry.ids ~= '' then
      ids = idsFrom(entry.ids)
    elseif open then
      ids = idsFrom(h.ids)
    else
      ids = choose(cjson.decode(entry.wi))
    end
    row, booked = book(t, entry.e, entry.body, ids, entry.at), 1
    if open then
      settleStep(t, h, entry.step)
    end
  end
  if open then
    sc, wi = h.sc, h.wi
  end
  stand = levels(T, open and scopesOf(h) or cjson.decode(entry.sc), cjson.decode(open and h.wi or entry.wi), idsFrom(row[4] or '||'), false)
end

if finish and verdict == 'ok' and not again then
  local name = finish.id .. '.' .. finish.delivery
  closeHold(t, name, h and h.name == name and h or nil)
  writeAll(t, finish.writes)
  for _, p in ipairs(finish.posts) do
    addKnown(t, p, false)
  end
  removeJob(t, finish.id)
  signal('owake', 'oready')
end
if not again then
  remember(nonce, verdict .. ' ' .. whole(booked))
end
return { verdict, booked, row, stand, sc, wi }
