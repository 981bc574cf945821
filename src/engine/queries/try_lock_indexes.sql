-- Be the one process that builds indexes in this schema. Never waits: whoever waits in a statement holds a snapshot, for
-- whose end the build would wait in turn.
-- $1 prefix  name of the schema
SELECT pg_try_advisory_lock(hashtextextended('oban_ts_indexes.' || $1, 0)) AS locked
