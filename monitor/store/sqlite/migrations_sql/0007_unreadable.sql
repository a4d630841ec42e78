-- The fields of a campaign that could not be read lately, as JSON; null while all could.
ALTER TABLE campaigns ADD COLUMN unreadable TEXT;
