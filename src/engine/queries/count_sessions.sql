-- Count the sessions of clients, beside the one that asks.
SELECT count(*) AS sessions
  FROM pg_stat_activity
 WHERE backend_type = 'client backend'
   AND pid <> pg_backend_pid()
