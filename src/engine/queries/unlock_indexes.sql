-- Let other processes build indexes in this schema.
-- $1 prefix  name of the schema
SELECT pg_advisory_unlock(hashtextextended('oban_ts_indexes.' || $1, 0))
