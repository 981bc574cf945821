-- Try to become the leader of an instance: where nobody is, where the lease has run out, or where the
-- row is this node's own, of a term whose trust has ended. A lease that ends hours from now is none: the
-- clock was wrong and has been set right, or somebody has written it. Answers who leads then. The commit
-- waits for the disk, as a crash of the server must not forget a leader; for a replica it does not wait,
-- or one that is away would hold up the heartbeats that share the connection.
-- $1 name        text
-- $2 node        text
-- $3 lease       double precision  seconds
-- $4 elected_at  timestamp  of the term that this node had last, null for none
WITH durable AS MATERIALIZED (
  SELECT set_config('synchronous_commit', 'local', true)
),
elected AS (
  INSERT INTO /*prefix*/oban_ts_leaders AS leader (name, node, elected_at, expires_at)
  SELECT $1::text, $2::text, timezone('UTC', now()),
         timezone('UTC', now()) + make_interval(secs => $3)
    FROM durable
      ON CONFLICT (name) DO UPDATE
     SET node = excluded.node,
         elected_at = excluded.elected_at,
         expires_at = excluded.expires_at
   WHERE leader.expires_at <= timezone('UTC', now())
      OR leader.expires_at > timezone('UTC', now()) + interval '3 hours'
      OR (leader.node = $2::text AND leader.elected_at = $4::timestamp)
  RETURNING leader.elected_at
)
SELECT elected_at, 0 AS left_ms
  FROM elected
 UNION ALL
-- A row by hand may last until 'infinity', from which nothing is subtracted before PostgreSQL 17.
SELECT NULL, ceil((extract(epoch FROM expires_at) - extract(epoch FROM timezone('UTC', now()))) * 1000)
  FROM /*prefix*/oban_ts_leaders
 WHERE name = $1::text
   AND NOT EXISTS (SELECT FROM elected)
