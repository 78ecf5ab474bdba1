-- Extras: records beside the limits that carry what one approval added until
-- extra_until and are laid over the limit in force; approval is '' for a limit.
ALTER TABLE limits ADD COLUMN approval TEXT NOT NULL DEFAULT '';
ALTER TABLE limits ADD COLUMN reason TEXT NOT NULL DEFAULT '';
