-- Whether this role may maintain the jobs table, and whether somebody is in the way of it now: a vacuum, also
-- PostgreSQL's own, an ANALYZE, the building of an index and whoever alters the table hold one of these locks.
-- The owner of the database may vacuum what belongs to others, but not rebuild an index of theirs.
-- $1 prefix  name of the schema
SELECT maintainer.is_one OR pg_has_role(database.datdba, 'USAGE') AS allowed,
       maintainer.is_one AS rebuilds,
       EXISTS (
         SELECT
           FROM pg_catalog.pg_locks AS lock
          WHERE lock.locktype = 'relation'
            AND lock.database = database.oid
            AND lock.relation = class.oid
            AND lock.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                              'ExclusiveLock', 'AccessExclusiveLock')
            AND lock.granted
       ) AS busy
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
  JOIN pg_catalog.pg_database AS database ON database.datname = current_database()
 CROSS JOIN LATERAL (
         SELECT pg_has_role(class.relowner, 'USAGE')
                OR CASE
                     WHEN current_setting('server_version_num')::integer >= 170000
                     THEN has_table_privilege(class.oid, 'MAINTAIN')
                     ELSE false
                   END AS is_one
       ) AS maintainer
 WHERE namespace.nspname = $1
   AND class.relname = 'oban_jobs'
