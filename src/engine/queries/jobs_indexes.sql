-- The indexes of the jobs table, and whether each is one that an interrupted rebuilding has left behind:
-- it costs every write and serves no read.
-- $1 prefix  name of the schema
SELECT class.relname AS name,
       NOT index.indisvalid AND class.relname ~ '_cc(new|old)[0-9]*$' AS leftover
  FROM pg_catalog.pg_index AS index
  JOIN pg_catalog.pg_class AS class ON class.oid = index.indexrelid
  JOIN pg_catalog.pg_class AS jobs ON jobs.oid = index.indrelid
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = jobs.relnamespace
 WHERE namespace.nspname = $1
   AND jobs.relname = 'oban_jobs'
 ORDER BY class.relname
