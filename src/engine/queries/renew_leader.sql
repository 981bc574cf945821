-- Prolong this node's lease, if the term is still its own.
-- $1 name        text
-- $2 node        text
-- $3 lease       double precision  seconds
-- $4 elected_at  timestamp
WITH durable AS MATERIALIZED (
  SELECT set_config('synchronous_commit', 'local', true)
)
UPDATE /*prefix*/oban_ts_leaders
   SET expires_at = timezone('UTC', now()) + make_interval(secs => $3)
  FROM durable
 WHERE name = $1::text
   AND node = $2::text
   AND elected_at = $4::timestamp
RETURNING elected_at
