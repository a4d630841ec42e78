-- What an integration keeps between messages, such as which Slack message shows a group. `value` is the integration's own.
CREATE TABLE receiver_memory (
    receiver TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    at       REAL NOT NULL,
    PRIMARY KEY (receiver, key)
);
CREATE INDEX receiver_memory_at ON receiver_memory (at);
