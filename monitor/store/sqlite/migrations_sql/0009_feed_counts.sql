-- Watched campaigns by status, as the last complete sweep of the feed found them (JSON).
-- Null: not known yet.

ALTER TABLE feeds ADD COLUMN counts TEXT;
