-- Times in which a feed was not read: the monitor was stopped, or the provider did not answer. That nothing was seen to move then says
-- nothing. Times are Unix seconds (UTC); in the order of their ends, as they become known.
CREATE TABLE blind_spells (
    until        REAL NOT NULL,
    account      TEXT NOT NULL,
    message_type TEXT NOT NULL,
    since        REAL NOT NULL,
    PRIMARY KEY (until, account, message_type)
) WITHOUT ROWID;
