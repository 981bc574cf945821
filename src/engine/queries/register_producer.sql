-- Write the row that lets a producer claim jobs, and that other nodes judge its life by.
-- $1 uuid  uuid    $2 name  text  the instance    $3 node  text    $4 queue  text    $5 meta  jsonb
INSERT INTO /*prefix*/oban_ts_producers (uuid, name, node, queue, meta)
VALUES ($1::uuid, $2, $3, $4, $5::jsonb)
ON CONFLICT (uuid) DO NOTHING
