-- What the database believes this node's producers are executing.
-- $1 queues  text[]  for the index    $2 uuids  text[]
SELECT id, attempt, attempted_at, attempted_by[2] AS uuid
  FROM /*prefix*/oban_jobs
 WHERE state = 'executing'
   AND queue = ANY ($1::text[])
   AND attempted_by[2] = ANY ($2::text[])
