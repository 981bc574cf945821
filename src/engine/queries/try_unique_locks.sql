-- Take locks of unique jobs in a caller's transaction, one after the other, up to the first that another
-- transaction has. It never waits: a caller's transaction may hold locks of its own. Those after a busy one
-- are left alone, as two transactions would else hold one each.
-- $1 locks  jsonb  [{ n (from 1), key, is_shared }] in the order in which everybody takes them
WITH RECURSIVE wanted AS MATERIALIZED (
  SELECT lock.n, lock.key, lock.is_shared
    FROM jsonb_to_recordset($1::text::jsonb) AS lock (n integer, key bigint, is_shared boolean)
),
tried AS (
  SELECT 0 AS n, true AS is_held
   UNION ALL
  SELECT wanted.n,
         CASE
           WHEN wanted.is_shared THEN pg_try_advisory_xact_lock_shared(wanted.key)
           ELSE pg_try_advisory_xact_lock(wanted.key)
         END
    FROM tried
    JOIN wanted
      ON wanted.n = tried.n + 1
   WHERE tried.is_held
)
SELECT json_build_object(
         'held', (SELECT count(*) - 1 FROM tried WHERE is_held),
         'isolation', current_setting('transaction_isolation'),
         'began_at', (extract(epoch FROM now()) * 1000000)::bigint::text
       )::text AS locks
