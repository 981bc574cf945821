-- Whether somebody waits for a lock on the jobs table, as who alters it does; behind that one everybody
-- else waits soon.
-- $1 prefix  name of the schema
SELECT EXISTS (
         SELECT
           FROM pg_catalog.pg_locks AS lock
          WHERE lock.locktype = 'relation'
            AND lock.database = database.oid
            AND lock.relation = class.oid
            AND NOT lock.granted
       ) AS waiting
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
  JOIN pg_catalog.pg_database AS database ON database.datname = current_database()
 WHERE namespace.nspname = $1
   AND class.relname = 'oban_jobs'
