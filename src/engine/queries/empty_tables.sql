-- Empty the jobs table, whose ids begin at 1 again, and our own tables except the record of migrations.
-- One statement through whatever connection, so it has its parameters written into it. Who holds a lock
-- on one of them is waited for no longer than five seconds.
-- $1 prefix  text, the schema
DO $empty_tables$
DECLARE
  known text;
  earlier text := current_setting('lock_timeout');
BEGIN
  SELECT string_agg(format('%I.%I', schemaname, tablename), ', ' ORDER BY tablename)
    INTO known
    FROM pg_catalog.pg_tables
   WHERE schemaname = $1
     AND (tablename = 'oban_jobs'
          OR tablename LIKE 'oban\_ts\_%' AND tablename <> 'oban_ts_migrations');
  IF known IS NULL THEN
    RAISE undefined_table USING MESSAGE = 'there is no jobs table';
  END IF;
  PERFORM set_config('lock_timeout', '5s', true);
  EXECUTE 'TRUNCATE ' || known || ' RESTART IDENTITY';
  -- In a transaction of the caller it would hold on.
  PERFORM set_config('lock_timeout', earlier, true);
END
$empty_tables$
