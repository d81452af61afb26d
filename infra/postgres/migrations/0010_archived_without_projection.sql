-- A run whose program does not answer, or never began, has a history worth keeping all the same.

ALTER TABLE archived_history ALTER COLUMN projection DROP NOT NULL;
