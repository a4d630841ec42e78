-- What people have said about alerts: which must not be told, and who is handling which. Times are Unix seconds (UTC).

-- `matchers` is JSON. `matched_at`: when a silence until resolved first had a firing alert to silence. `ended_at`: when it was
-- ended before its time, by a person (`ended_by`) or, where `ended_by` is null, because nothing it matched fired any more.
CREATE TABLE silences (
    id             TEXT NOT NULL PRIMARY KEY,
    matchers       TEXT NOT NULL,
    starts_at      REAL NOT NULL,
    ends_at        REAL,
    until_resolved INTEGER NOT NULL,
    author         TEXT NOT NULL,
    comment        TEXT NOT NULL,
    created_at     REAL NOT NULL,
    matched_at     REAL,
    ended_at       REAL,
    ended_by       TEXT
);

CREATE TABLE acknowledgements (
    alert_id TEXT NOT NULL PRIMARY KEY,
    author   TEXT NOT NULL,
    comment  TEXT NOT NULL,
    at       REAL NOT NULL
);
