-- What watched campaigns showed, whenever it moved: each row holds until the next one of its campaign. Times are Unix seconds (UTC).
-- In the order of time, so that a cycle appends, history is read as it happened, and what is old goes in one piece.
CREATE TABLE samples (
    at                 REAL NOT NULL,
    account            TEXT NOT NULL,
    campaign_id        INTEGER NOT NULL,
    status             TEXT NOT NULL,
    sent               INTEGER,
    delivered          INTEGER,
    fallback_sent      INTEGER,
    fallback_delivered INTEGER,
    PRIMARY KEY (at, account, campaign_id)
) WITHOUT ROWID;
CREATE INDEX samples_campaign ON samples (account, campaign_id, at);

-- Campaigns that are being watched already: of what they showed before this moment nothing is known.
INSERT INTO samples
SELECT CAST(strftime('%s', 'now') AS REAL), account, id, status, sent, delivered, fallback_sent, fallback_delivered
FROM campaigns WHERE settled = 0;
