-- What this role lacks to run a node, from the catalog alone.
-- $1 prefix  name of the schema
WITH wanted (relname, privileges) AS (
  VALUES ('oban_jobs', '{SELECT,INSERT,UPDATE,DELETE}'::text[]),
         ('oban_ts_producers', '{SELECT,INSERT,UPDATE,DELETE}'),
         ('oban_ts_leaders', '{SELECT,INSERT,UPDATE,DELETE}'),
         ('oban_ts_crons', '{SELECT,INSERT,UPDATE}'),
         ('oban_producers', '{SELECT,INSERT,UPDATE,DELETE}'),
         ('oban_leaders', '{SELECT}')
),
tables AS (
  SELECT wanted.relname, class.oid, wanted.privileges
    FROM wanted
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.nspname = $1
    JOIN pg_catalog.pg_class AS class
      ON class.relnamespace = namespace.oid
     AND class.relname = wanted.relname
)
SELECT json_build_object(
         'role', current_user,
         'hasSchemaUsage', (
           SELECT has_schema_privilege(oid, 'USAGE')
             FROM pg_catalog.pg_namespace
            WHERE nspname = $1
         ),
         'tables', (
           SELECT coalesce(json_agg(json_build_object(
                    'name', tables.relname,
                    'missing', (
                      SELECT coalesce(json_agg(privilege), '[]')
                        FROM unnest(tables.privileges) AS privilege
                       WHERE NOT has_table_privilege(tables.oid, privilege)
                    )
                  ) ORDER BY tables.relname), '[]')
             FROM tables
         ),
         -- An identity column needs no right on its sequence, a default with nextval() does.
         'sequences', (
           SELECT coalesce(json_agg(sequence.relname ORDER BY sequence.relname), '[]')
             FROM tables
             JOIN pg_catalog.pg_depend AS owned
               ON owned.refobjid = tables.oid
              AND owned.refclassid = 'pg_catalog.pg_class'::regclass
              AND owned.classid = 'pg_catalog.pg_class'::regclass
              AND owned.deptype = 'a'
             JOIN pg_catalog.pg_class AS sequence
               ON sequence.oid = owned.objid
            WHERE tables.relname = 'oban_jobs'
              -- Indexes depend on the table likewise, and of them the function cannot be asked.
              AND CASE sequence.relkind
                    WHEN 'S' THEN NOT has_sequence_privilege(sequence.oid, 'USAGE')
                    ELSE false
                  END
         ),
         'functions', (
           SELECT coalesce(json_agg(name), '[]')
             FROM unnest(ARRAY[
                    'pg_notify(text,text)',
                    'pg_advisory_xact_lock(bigint)',
                    'pg_advisory_xact_lock_shared(bigint)',
                    'pg_try_advisory_xact_lock(bigint)',
                    'pg_try_advisory_xact_lock_shared(bigint)',
                    'set_config(text,text,boolean)'
                  ]) AS name
            WHERE NOT has_function_privilege('pg_catalog.' || name, 'EXECUTE')
         ),
         'mayReadStatistics', pg_has_role('pg_read_all_stats', 'USAGE')
       )::text AS facts
