#!lua flags=no-writes
-- levels reads where scopes stand in the windows in force.
--@ use windows levels
-- KEYS[1] partition root
-- ARGV    clock, workspace, scopes (JSON), windows (JSON)
-- returns { levels, one for each scope and window }
local t, scopes, windows = arg(), cjson.decode(arg()), cjson.decode(arg())
return { levels(space(t), scopes, windows, choose(windows), true) }
