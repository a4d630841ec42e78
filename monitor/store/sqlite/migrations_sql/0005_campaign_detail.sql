-- What was last read of a campaign beyond the list, as JSON; null while nothing was.
ALTER TABLE campaigns ADD COLUMN detail TEXT;
