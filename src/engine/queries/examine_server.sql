-- What the server and the role are, and the settings with which sessions of the role begin. The reset
-- value is that, whatever this session has set for itself. Times are in their unit, milliseconds.
-- $1 prefix  name of the schema
SELECT json_build_object(
         'version', current_setting('server_version'),
         'versionNumber', current_setting('server_version_num')::integer,
         'role', current_user,
         'database', current_database(),
         'isSuperuser', (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
         'isReplica', pg_is_in_recovery(),
         'settings', (
           SELECT json_object_agg(name, reset_val)
             FROM pg_catalog.pg_settings
            WHERE name IN (
                    'autovacuum',
                    'autovacuum_naptime',
                    'default_transaction_isolation',
                    'default_transaction_read_only',
                    'fsync',
                    'full_page_writes',
                    'idle_in_transaction_session_timeout',
                    'idle_session_timeout',
                    'lock_timeout',
                    'search_path',
                    'statement_timeout',
                    'synchronous_commit',
                    'track_counts',
                    'transaction_timeout'
                  )
         ),
         'otherSchemas', (
           SELECT coalesce(json_agg(namespace.nspname ORDER BY namespace.nspname), '[]')
             FROM pg_catalog.pg_class AS class
             JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            WHERE class.relname = 'oban_jobs'
              AND class.relkind IN ('r', 'p')
              AND namespace.nspname <> $1
         )
       )::text AS facts
