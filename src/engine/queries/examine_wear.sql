-- How large the jobs table is, what its changes have left behind, and who cleans up when. Numbers of
-- rows are estimates of PostgreSQL; nothing of the table is read.
-- $1 prefix  name of the schema
SELECT json_build_object(
         'rows', greatest(class.reltuples, 0)::bigint,
         'tableBytes', pg_table_size(class.oid),
         'indexBytes', pg_indexes_size(class.oid),
         'live', coalesce(stat.n_live_tup, 0),
         'dead', coalesce(stat.n_dead_tup, 0),
         'vacuumedSeconds', extract(epoch FROM now() - greatest(stat.last_vacuum, stat.last_autovacuum)),
         'analyzedSeconds', extract(epoch FROM now() - greatest(stat.last_analyze, stat.last_autoanalyze)),
         'modifiedSinceAnalyze', coalesce(stat.n_mod_since_analyze, 0),
         'options', (
           SELECT coalesce(json_object_agg(option_name, option_value), '{}')
             FROM pg_options_to_table(class.reloptions)
         ),
         'scaleFactor', current_setting('autovacuum_vacuum_scale_factor')::double precision,
         'frozenAge', age(class.relfrozenxid),
         'freezeMaxAge', current_setting('autovacuum_freeze_max_age')::bigint,
         'mayMaintain', pg_has_role(class.relowner, 'USAGE')
           OR pg_has_role(database.datdba, 'USAGE')
           OR CASE
                WHEN current_setting('server_version_num')::integer >= 170000
                THEN has_table_privilege(class.oid, 'MAINTAIN')
                ELSE false
              END
       )::text AS facts
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
  JOIN pg_catalog.pg_database AS database ON database.datname = current_database()
  LEFT JOIN pg_catalog.pg_stat_all_tables AS stat ON stat.relid = class.oid
 WHERE namespace.nspname = $1
   AND class.relname = 'oban_jobs'
