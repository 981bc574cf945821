-- Wait for the locks of unique jobs, in a transaction of ours. What comes after it in the transaction has
-- to see what others committed under the locks: each statement takes a snapshot of its own, whatever the
-- server's default is.
-- $1 wait_ms  integer  longest wait for one lock, and for whatever the transaction waits for later
-- $2 locks    jsonb    [{ key, is_shared }] in the order in which everybody takes them
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

SELECT set_config('lock_timeout', $1::text, true);

SELECT CASE
         WHEN lock.is_shared THEN pg_advisory_xact_lock_shared(lock.key) IS NULL
         ELSE pg_advisory_xact_lock(lock.key) IS NULL
       END
  FROM jsonb_to_recordset($2::text::jsonb) AS lock (key bigint, is_shared boolean)
