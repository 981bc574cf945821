-- Show a producer to Oban Pro and oban-py, which judge executing jobs by this table.
-- $1 uuid  uuid    $2 name  text  the instance    $3 node  text    $4 queue  text    $5 meta  jsonb
INSERT INTO /*prefix*/oban_producers (uuid, name, node, queue, meta, started_at, updated_at)
VALUES ($1::uuid, $2, $3, $4, $5::jsonb, timezone('UTC', now()), timezone('UTC', now()))
ON CONFLICT (uuid) DO UPDATE SET updated_at = excluded.updated_at
