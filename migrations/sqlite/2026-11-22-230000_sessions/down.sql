DROP TABLE sessions;
ALTER TABLE administrators DROP COLUMN role;
