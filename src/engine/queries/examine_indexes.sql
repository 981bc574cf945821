-- The indexes of the jobs table and of ours: what is in them, and whether each can be used. While an
-- index is built, and while a vacuum runs, somebody holds the lock that `busy` tells of.
-- $1 prefix  name of the schema
SELECT coalesce(json_agg(json_build_object(
         'name', class.relname,
         'isOnJobs', host.relname = 'oban_jobs',
         'isValid', index.indisvalid AND index.indisready,
         'isPartial', index.indpred IS NOT NULL,
         'method', method.amname,
         'columns', (
           SELECT coalesce(json_agg(pg_get_indexdef(index.indexrelid, position, false)
                             ORDER BY position), '[]')
             FROM generate_series(1, index.indnkeyatts) AS position
         ),
         'busy', EXISTS (
           SELECT
             FROM pg_catalog.pg_locks AS lock
            WHERE lock.locktype = 'relation'
              AND lock.relation = host.oid
              AND lock.mode = 'ShareUpdateExclusiveLock'
              AND lock.granted
         )
       ) ORDER BY class.relname), '[]')::text AS facts
  FROM pg_catalog.pg_index AS index
  JOIN pg_catalog.pg_class AS class ON class.oid = index.indexrelid
  JOIN pg_catalog.pg_am AS method ON method.oid = class.relam
  JOIN pg_catalog.pg_class AS host ON host.oid = index.indrelid
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = host.relnamespace
 WHERE namespace.nspname = $1
   AND host.relname IN ('oban_jobs', 'oban_ts_crons', 'oban_ts_leaders', 'oban_ts_migrations',
                        'oban_ts_producers')
