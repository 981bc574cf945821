-- One look at this node's queues: make due jobs available, oldest first; discard available jobs that
-- have no attempt left (only among the head of each queue, where they gather); and name the queues
-- that have something to run.
-- $1 queues     text[]
-- $2 limit      integer  jobs to stage at most
-- $3 now        timestamptz, null for the server's clock
-- $4 exhausted  jsonb    { error } for a discarded job; attempt and moment are added
-- Rows are joined by their places, as in fetch_jobs.sql: with statistics of an empty table the planner would
-- read all rows once for each.
WITH due AS MATERIALIZED (
  SELECT id, ctid
    FROM /*prefix*/oban_jobs
   WHERE state IN ('scheduled', 'retryable')
     AND scheduled_at <= timezone('UTC', coalesce($3::timestamptz, now()))
     AND queue = ANY ($1::text[])
   ORDER BY scheduled_at, id
   LIMIT $2::integer
     FOR UPDATE SKIP LOCKED
),
staged AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET state = 'available'
    FROM due
   WHERE job.ctid = due.ctid
     AND job.id = due.id
  RETURNING job.queue
),
-- Materialized, and joined by nothing but its own outcome: with statistics from before a bulk insert
-- the planner expects one available job, and would look at the heads once for each. Nor may it know which
-- state is asked for: of one that it believes to be empty it would read and sort all by another index.
heads AS MATERIALIZED (
  SELECT name AS queue, head.*
    FROM unnest($1::text[]) AS name
   CROSS JOIN LATERAL (
           SELECT id, attempt, max_attempts
             FROM /*prefix*/oban_jobs
            WHERE state = (SELECT 'available'::/*prefix*/oban_job_state) AND queue = name
            ORDER BY priority, scheduled_at, id
            LIMIT 100
         ) AS head
),
exhausted AS (
  SELECT job.id, job.ctid
    FROM /*prefix*/oban_jobs AS job
   WHERE job.id = ANY (ARRAY(SELECT id FROM heads WHERE attempt >= max_attempts))
     -- Written like this no index of states can serve it: with such statistics it would read all that is
     -- available to find these few.
     AND job.state IS NOT DISTINCT FROM 'available'
     FOR UPDATE SKIP LOCKED
),
discarded AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET state = 'discarded',
         discarded_at = timezone('UTC', now()),
         errors = job.errors || ($4::jsonb || jsonb_build_object(
           'attempt', job.attempt,
           'at', to_char(timezone('UTC', now()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
         ))
    FROM exhausted
   WHERE job.ctid = exhausted.ctid
     AND job.id = exhausted.id
)
SELECT name AS queue,
       (SELECT count(*) FROM staged WHERE staged.queue = name) AS staged
  FROM unnest($1::text[]) AS name
 WHERE EXISTS (SELECT FROM staged WHERE staged.queue = name)
    OR EXISTS (SELECT FROM heads WHERE heads.queue = name)
