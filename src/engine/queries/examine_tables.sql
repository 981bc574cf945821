-- How our tables and the jobs table are made, from the catalog alone.
-- $1 prefix  name of the schema
SELECT coalesce(json_object_agg(class.relname, json_build_object(
         'isUnlogged', class.relpersistence = 'u',
         'hasRowSecurity', class.relrowsecurity,
         'triggers', (
           SELECT coalesce(json_agg(trigger.tgname ORDER BY trigger.tgname), '[]')
             FROM pg_catalog.pg_trigger AS trigger
            WHERE trigger.tgrelid = class.oid
              AND NOT trigger.tgisinternal
              AND trigger.tgenabled <> 'D'
         ),
         'key', (
           SELECT coalesce(json_agg(attribute.attname), '[]')
             FROM pg_catalog.pg_index AS index
             JOIN pg_catalog.pg_attribute AS attribute
               ON attribute.attrelid = class.oid
              AND attribute.attnum = ANY (index.indkey)
            WHERE index.indrelid = class.oid
              AND index.indisprimary
         ),
         'columns', (
           SELECT coalesce(json_object_agg(attribute.attname, json_build_object(
                    'type', type.typname,
                    'isRequired', attribute.attnotnull,
                    'hasDefault', attribute.atthasdef OR attribute.attidentity <> ''
                  )), '{}')
             FROM pg_catalog.pg_attribute AS attribute
             JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid
            WHERE attribute.attrelid = class.oid
              AND attribute.attnum > 0
              AND NOT attribute.attisdropped
         ),
         'constraints', (
           SELECT coalesce(json_agg(conname ORDER BY conname), '[]')
             FROM pg_catalog.pg_constraint
            WHERE conrelid = class.oid
              AND contype = 'c'
         )
       )), '{}')::text AS facts
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE namespace.nspname = $1
   AND class.relkind IN ('r', 'p')
   AND class.relname IN ('oban_jobs', 'oban_ts_crons', 'oban_ts_leaders', 'oban_ts_migrations',
                         'oban_ts_producers')
