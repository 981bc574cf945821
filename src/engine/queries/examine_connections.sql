-- How many connections the server takes, how many there are, and how full the queue of notifications is.
SELECT json_build_object(
         'most', current_setting('max_connections')::integer,
         'reserved', current_setting('superuser_reserved_connections')::integer
           + coalesce(current_setting('reserved_connections', true), '0')::integer,
         'used', (
           SELECT count(*)
             FROM pg_catalog.pg_stat_activity
            WHERE backend_type = 'client backend'
               OR (backend_type IS NULL AND datname IS NOT NULL)
         ),
         'ours', (
           SELECT count(*)
             FROM pg_catalog.pg_stat_activity
            WHERE application_name LIKE 'oban-ts:%'
         ),
         'roleLimit', (SELECT rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = current_user),
         'databaseLimit', (
           SELECT datconnlimit FROM pg_catalog.pg_database WHERE datname = current_database()
         ),
         'queueUsage', pg_notification_queue_usage()
       )::text AS facts
