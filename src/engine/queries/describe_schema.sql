-- What is in the schema, from the catalog alone: it needs no table and no right to read one.
-- $1 prefix  name of the schema
WITH tables AS (
  SELECT class.relname, class.oid, obj_description(class.oid, 'pg_class') AS note
    FROM pg_catalog.pg_class AS class
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
   WHERE namespace.nspname = $1
     AND class.relkind IN ('r', 'p')
     AND class.relname IN (
       'oban_jobs',
       'oban_peers',
       'oban_leaders',
       'oban_producers',
       'oban_ts_migrations',
       'oban_ts_producers'
     )
), columns AS (
  SELECT attribute.attname, attribute.atttypid, type.typname
    FROM tables
    JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = tables.oid
    JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid
   WHERE tables.relname = 'oban_jobs'
     AND attribute.attnum > 0
     AND NOT attribute.attisdropped
)
SELECT json_build_object(
  'hasSchema', EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1),
  'tables', (SELECT coalesce(json_object_agg(relname, note), '{}') FROM tables),
  'columns', (SELECT coalesce(json_object_agg(attname, typname), '{}') FROM columns),
  'states', (
    SELECT coalesce(json_agg(label.enumlabel), '[]')
      FROM columns
      JOIN pg_catalog.pg_enum AS label ON label.enumtypid = columns.atttypid
     WHERE columns.attname = 'state'
  ),
  'serverVersion', current_setting('server_version_num')::integer
) AS catalog
