-- Which job an event became, so that what is remembered of it finds that job.
ALTER TABLE seen ADD COLUMN job TEXT NOT NULL DEFAULT '';

-- What was told of posts that are not there, kept 25 hours: sent, or with a
-- sender until an instant.
CREATE TABLE past_posts (
    tenant  TEXT    NOT NULL,
    post    TEXT    NOT NULL,
    sent    INTEGER NOT NULL,
    try     INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, post)
) WITHOUT ROWID;
CREATE INDEX past_posts_expires ON past_posts (expires);
