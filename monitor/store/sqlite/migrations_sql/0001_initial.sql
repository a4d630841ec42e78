-- What the monitor remembers. Times are Unix seconds (UTC): datetime(created_at, 'unixepoch') shows them.
-- No STRICT and no RETURNING anywhere: Python 3.11 still ships on systems with SQLite 3.34 (Enterprise Linux 9).

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE feeds (
    account              TEXT NOT NULL,
    message_type         TEXT NOT NULL,
    first_tried          REAL NOT NULL,
    last_success         REAL,
    last_full            REAL,
    last_outcome         TEXT,
    answered             INTEGER NOT NULL,
    consecutive_failures INTEGER NOT NULL,
    failing_since        REAL,
    PRIMARY KEY (account, message_type)
);

CREATE TABLE campaigns (
    account            TEXT NOT NULL,
    id                 INTEGER NOT NULL,
    name               TEXT NOT NULL,
    sender             TEXT NOT NULL,
    status             TEXT NOT NULL,
    message_type       TEXT NOT NULL,
    created_at         REAL NOT NULL,
    start_at           REAL,
    real_start_at      REAL,
    finished_at        REAL,
    sent               INTEGER,
    delivered          INTEGER,
    fallback_sent      INTEGER,
    fallback_delivered INTEGER,
    calculated_price   REAL,
    currency           TEXT,
    first_seen         REAL NOT NULL,
    status_since       REAL NOT NULL,
    progress_since     REAL NOT NULL,
    settled            INTEGER NOT NULL,
    revision           INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;

CREATE TABLE balances (
    account  TEXT NOT NULL PRIMARY KEY,
    balance  REAL NOT NULL,
    credit   REAL NOT NULL,
    currency TEXT,
    read_at  REAL NOT NULL
);

-- `event` is the whole event as JSON; the columns before it are for finding and for people.
CREATE TABLE events (
    sequence    INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    account     TEXT NOT NULL,
    campaign_id INTEGER NOT NULL,
    at          REAL NOT NULL,
    event       TEXT NOT NULL
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_campaign ON events (campaign_id, at);

-- `closed`: ended, and every receiver concerned has been told; history that is no longer loaded. `alert` is the whole as JSON.
CREATE TABLE alerts (
    id          TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL,
    rule        TEXT NOT NULL,
    account     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    fired_at    REAL,
    resolved_at REAL,
    closed      INTEGER NOT NULL DEFAULT 0,
    alert       TEXT NOT NULL
);
CREATE INDEX alerts_open ON alerts (id) WHERE closed = 0;
CREATE INDEX alerts_ended ON alerts (resolved_at, id) WHERE resolved_at IS NOT NULL;

CREATE TABLE ledgers (
    receiver  TEXT NOT NULL,
    group_key TEXT NOT NULL,
    ledger    TEXT NOT NULL,
    PRIMARY KEY (receiver, group_key)
);

-- `sequence` orders the rows of a group. `head` marks the oldest pending row of its group, the only one that may be
-- attempted: kept up to date by every change, so that claiming stays fast whatever has piled up. `claimed_until` is set
-- while an attempt is under way. `notification` is the whole message as JSON.
CREATE TABLE outbox (
    id               TEXT NOT NULL PRIMARY KEY,
    receiver         TEXT NOT NULL,
    group_key        TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    state            TEXT NOT NULL,
    head             INTEGER NOT NULL DEFAULT 0,
    attempts         INTEGER NOT NULL,
    created_at       REAL NOT NULL,
    first_attempt_at REAL,
    next_attempt_at  REAL NOT NULL,
    claimed_until    REAL,
    finished_at      REAL,
    last_error       TEXT,
    reason           TEXT NOT NULL,
    notification     TEXT NOT NULL
);
CREATE INDEX outbox_sequence ON outbox (sequence);
CREATE INDEX outbox_state ON outbox (receiver, state, sequence, created_at);
CREATE INDEX outbox_due ON outbox (receiver, head, next_attempt_at, sequence) WHERE state = 'pending';
CREATE INDEX outbox_group ON outbox (receiver, group_key, sequence) WHERE state = 'pending';
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
