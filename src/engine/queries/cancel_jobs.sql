-- Cancel a page of jobs that have not ended, and tell every node of each that is executing. The
-- conditions of the filter stand in the place of its marker; their parameters follow these.
-- $1 limit    rows
-- $2 after    bigint  the last id of the page before, 0 for the first
-- $3 bound    bigint  no job above it, null for the newest that there is
-- $4 channel  text    `<prefix>.oban_signal`, null to tell nobody: the answer names them then
WITH newest AS (
  SELECT coalesce($3::text::bigint, max(id)) AS id
    FROM /*prefix*/oban_jobs
),
target AS (
  SELECT id, state
    FROM /*prefix*/oban_jobs
   WHERE /*filter*/ state NOT IN ('completed', 'cancelled', 'discarded')
     AND id > $2::text::bigint
     AND id <= (SELECT id FROM newest)
   ORDER BY id
   LIMIT $1::text::integer
     FOR UPDATE
),
-- By the same conditions, not by the ids of the page: with statistics from before a bulk insert there is one
-- job, and a join compares each of the page with all. So does an array of ids before PostgreSQL 17, where
-- the planner then prefers an index that ends with the id. What is locked cannot change any more.
cancelled AS (
  UPDATE /*prefix*/oban_jobs
     SET state = 'cancelled',
         cancelled_at = timezone('UTC', now())
   WHERE /*filter*/ state NOT IN ('completed', 'cancelled', 'discarded')
     AND id > $2::text::bigint
     AND id <= (SELECT max(id) FROM target)
  RETURNING id
),
-- All that are locked are cancelled.
signalled AS (
  SELECT pg_notify($4::text, json_build_object('action', 'pkill', 'job_id', id)::text)
    FROM target
   WHERE state = 'executing'
     AND $4::text IS NOT NULL
)
SELECT json_build_object(
         'count', (SELECT count(*) FROM cancelled),
         'last', (SELECT max(id) FROM cancelled),
         'bound', (SELECT id FROM newest),
         'signalled', (SELECT count(*) FROM signalled),
         'queues', '[]'::json,
         'executing', (
           SELECT coalesce(json_agg(id), '[]')
             FROM target
            WHERE state = 'executing'
              AND $4::text IS NULL
         )
       )::text AS answer
