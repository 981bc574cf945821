-- Wait on the server.
-- $1 seconds
SELECT pg_sleep($1)
