-- What keeps a vacuum from freeing rows: transactions that are open, those that were prepared, slots and
-- standbys of replication. Of sessions of other roles only who may read all statistics sees the state.
-- $1 seconds  of age; younger transactions are left out, as every server has them all the time
SELECT json_build_object(
         'hidden', (
           SELECT count(*)
             FROM pg_catalog.pg_stat_activity
            WHERE datname = current_database()
              AND backend_type IS NULL
         ),
         'transactions', (
           SELECT coalesce(json_agg(json_build_object(
                    'pid', pid,
                    'application', application_name,
                    'role', usename,
                    'isIdle', state LIKE 'idle in transaction%',
                    'seconds', extract(epoch FROM clock_timestamp() - xact_start),
                    'idleSeconds', extract(epoch FROM clock_timestamp() - state_change)
                  ) ORDER BY xact_start), '[]')
             FROM pg_catalog.pg_stat_activity
            WHERE datname = current_database()
              AND pid <> pg_backend_pid()
              AND backend_type = 'client backend'
              AND xact_start < clock_timestamp() - make_interval(secs => $1)
         ),
         'prepared', (
           SELECT coalesce(json_agg(json_build_object(
                    'name', gid,
                    'seconds', extract(epoch FROM clock_timestamp() - prepared)
                  ) ORDER BY prepared), '[]')
             FROM pg_catalog.pg_prepared_xacts
            WHERE database = current_database()
         ),
         'slots', (
           SELECT coalesce(json_agg(json_build_object(
                    'name', slot_name,
                    'isActive', active,
                    'age', coalesce(greatest(age(xmin), age(catalog_xmin)), 0)
                  ) ORDER BY slot_name), '[]')
             FROM pg_catalog.pg_replication_slots
         ),
         'standbys', (
           SELECT coalesce(json_agg(json_build_object(
                    'name', application_name,
                    'isActive', true,
                    'age', age(backend_xmin)
                  ) ORDER BY application_name), '[]')
             FROM pg_catalog.pg_stat_replication
            WHERE backend_xmin IS NOT NULL
         )
       )::text AS facts
