-- Who waits for a lock on the jobs table or on rows of it, and behind whom.
-- $1 prefix   name of the schema
-- $2 seconds  who has waited for less is left out
SELECT coalesce(json_agg(json_build_object(
         'pid', session.pid,
         'application', session.application_name,
         'seconds', extract(epoch FROM clock_timestamp() - session.query_start),
         'blockers', to_json(pg_blocking_pids(session.pid))
       ) ORDER BY session.query_start), '[]')::text AS facts
  FROM pg_catalog.pg_stat_activity AS session
 WHERE session.datname = current_database()
   AND session.wait_event_type = 'Lock'
   AND session.query_start < clock_timestamp() - make_interval(secs => $2)
   AND EXISTS (
         SELECT
           FROM pg_catalog.pg_locks AS lock
           JOIN pg_catalog.pg_class AS class ON class.oid = lock.relation
           JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
          WHERE lock.pid = session.pid
            AND namespace.nspname = $1
            AND class.relname = 'oban_jobs'
       )
