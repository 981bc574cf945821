-- Wait until no other process migrates this schema; held until the end of the transaction.
-- $1 prefix  name of the schema
SELECT pg_advisory_xact_lock(hashtextextended('oban_ts_migrations.' || $1, 0))
