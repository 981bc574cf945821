-- What PostgreSQL has counted of the jobs table. No row where it counts nothing, as of a partitioned one.
-- $1 prefix  name of the schema
SELECT n_tup_upd - n_tup_hot_upd AS updates,
       n_dead_tup AS dead,
       vacuum_count + autovacuum_count AS vacuums
  FROM pg_catalog.pg_stat_all_tables
 WHERE schemaname = $1
   AND relname = 'oban_jobs'
