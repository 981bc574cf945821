-- Send payloads to several channels.
-- $1 channels  text[]    $2 payloads  text[], one for each
SELECT pg_notify(channel, payload)
  FROM unnest($1::text[], $2::text[]) AS message (channel, payload)
