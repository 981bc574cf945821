-- Send payloads to a channel. Equal payloads within one transaction are merged by PostgreSQL.
-- $1 channel  text    $2 payloads  text[]
SELECT pg_notify($1, payload)
  FROM unnest($2::text[]) AS payload
