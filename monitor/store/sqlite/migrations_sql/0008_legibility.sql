-- How much of a feed could be read, and what was wrong with its last poll. Times are Unix seconds (UTC).
-- `rejected`: ids of rows that could not be used, as a JSON list.
ALTER TABLE feeds ADD COLUMN last_complete REAL;
ALTER TABLE feeds ADD COLUMN incomplete_since REAL;
ALTER TABLE feeds ADD COLUMN api_error TEXT;
ALTER TABLE feeds ADD COLUMN rejected TEXT NOT NULL DEFAULT '[]';
ALTER TABLE feeds ADD COLUMN nameless INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN unreadable_fields INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN read_ratio REAL;
UPDATE feeds SET last_complete = last_success, incomplete_since = failing_since;
