-- Instants are nanoseconds since 1970 UTC, 0 for none. Amounts are nano-USD.

-- A job lives from Enqueue to its Finish. seq is the order of acceptance.
-- state: 0 ready, 1 parked, 2 running, 3 waiting (given back, not yet due),
-- 4 parked, but a place has become free where it is parked.
CREATE TABLE jobs (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    marks    TEXT    NOT NULL,
    event    BLOB,
    at       INTEGER NOT NULL,
    state    INTEGER NOT NULL DEFAULT 0,
    due      INTEGER NOT NULL DEFAULT 0, -- running: end of the lease; waiting: when to run again
    delivery INTEGER NOT NULL DEFAULT 0,
    worker   TEXT    NOT NULL DEFAULT '',
    note     BLOB,
    cause    TEXT    NOT NULL DEFAULT '',
    stop     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, id)
);
CREATE INDEX jobs_claim ON jobs (state, due, seq);

-- The lanes a job needs. state: 0 wanted, 1 held, 2 parked at this one.
CREATE TABLE lanes (
    job    INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
    n      INTEGER NOT NULL,
    tenant TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    cap    INTEGER NOT NULL,
    state  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, n)
) WITHOUT ROWID;
CREATE INDEX lanes_key ON lanes (tenant, key, state, job);

-- Marks of accepted events, kept 25 hours.
CREATE TABLE seen (
    tenant  TEXT    NOT NULL,
    mark    TEXT    NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, mark)
) WITHOUT ROWID;
CREATE INDEX seen_expires ON seen (expires);

-- Posts on their way. due: when it may be given (again): 0 at once, else the
-- end of its lease or of its postponement. sent: a try was begun and its
-- result is unknown.
CREATE TABLE outbox (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    lane    TEXT    NOT NULL,
    private INTEGER NOT NULL,
    body    BLOB,
    at      INTEGER NOT NULL,
    due     INTEGER NOT NULL DEFAULT 0,
    leased  INTEGER NOT NULL DEFAULT 0,
    try     INTEGER NOT NULL DEFAULT 0,
    sent    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_id ON outbox (tenant, id);
CREATE INDEX outbox_due ON outbox (due, seq);
CREATE INDEX outbox_lane ON outbox (tenant, lane, seq);

-- Money reserved. A closed hold stays for a while so that repeats are known.
CREATE TABLE holds (
    tenant  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    closed  INTEGER NOT NULL DEFAULT 0, -- when it was closed
    scopes  TEXT    NOT NULL,
    windows TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE INDEX holds_open ON holds (expires) WHERE closed = 0;
CREATE INDEX holds_closed ON holds (expires) WHERE closed > 0;

-- state: 0 held, 1 sent, 2 settled, 3 released, 4 booked as uncertain.
CREATE TABLE hold_steps (
    tenant      TEXT    NOT NULL,
    hold        TEXT    NOT NULL,
    n           INTEGER NOT NULL,
    amount      INTEGER NOT NULL,
    state       INTEGER NOT NULL DEFAULT 0,
    provisional TEXT,
    PRIMARY KEY (tenant, hold, n),
    FOREIGN KEY (tenant, hold) REFERENCES holds (tenant, id) ON DELETE CASCADE
) WITHOUT ROWID;

-- The ledger: append-only. seq is the order of booking. When a month is
-- dropped its rows shrink to what a late repetition needs to be recognised.
CREATE TABLE entries (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT    NOT NULL,
    month   TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    cost    INTEGER NOT NULL,
    body    TEXT    NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX entries_id ON entries (tenant, id);
CREATE INDEX entries_month ON entries (tenant, month, seq) WHERE dropped = 0;

-- What a scope has used and holds in a window. kind is day, week or month.
CREATE TABLE counters (
    tenant  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    window  TEXT    NOT NULL,
    scope   TEXT    NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0,
    held    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, kind, window, scope)
) WITHOUT ROWID;

CREATE TABLE limits (
    tenant      TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    scope       TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    window      TEXT    NOT NULL,
    amount      INTEGER NOT NULL,
    at_limit    TEXT    NOT NULL,
    extra       INTEGER NOT NULL,
    extra_until INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;

-- Sums of entries per window and dimension; the columns are usage.Fields.
CREATE TABLE rollups (
    tenant    TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    window    TEXT    NOT NULL,
    dim       TEXT    NOT NULL,
    value     TEXT    NOT NULL,
    cost      INTEGER NOT NULL,
    entries   INTEGER NOT NULL,
    answers   INTEGER NOT NULL,
    "in"      INTEGER NOT NULL,
    out       INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    unpriced  INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    over      INTEGER NOT NULL,
    over_by   INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, window, dim, value)
) WITHOUT ROWID;

CREATE TABLE records (
    tenant  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL,
    body    BLOB,
    expires INTEGER NOT NULL DEFAULT 0, -- 0: kept
    PRIMARY KEY (tenant, kind, id)
);
CREATE INDEX records_expires ON records (expires) WHERE expires > 0;

CREATE TABLE marks (
    tenant  TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX marks_expires ON marks (expires);

CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL
) WITHOUT ROWID;

-- A rate is a fixed window that begins with its first id.
CREATE TABLE rates (
    tenant  TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    ends    INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    told    TEXT    NOT NULL DEFAULT '', -- the id of the first refusal
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX rates_ends ON rates (ends);

CREATE TABLE rate_ids (
    tenant TEXT NOT NULL,
    key    TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (tenant, key, id),
    FOREIGN KEY (tenant, key) REFERENCES rates (tenant, key) ON DELETE CASCADE
) WITHOUT ROWID;
