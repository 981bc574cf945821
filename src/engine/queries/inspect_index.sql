-- Whether an index exists, and whether its build was completed. No row when there is none.
-- $1 prefix  name of the schema     $2 index  its name
SELECT index.indisvalid AS valid
  FROM pg_catalog.pg_index AS index
  JOIN pg_catalog.pg_class AS class ON class.oid = index.indexrelid
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE namespace.nspname = $1
   AND class.relname = $2
