-- Cancel a job that has not ended, and tell every node when it is executing.
-- $1 id  bigint    $2 channel  text  `<prefix>.oban_signal`, null to tell nobody
WITH target AS (
  SELECT id, state
    FROM /*prefix*/oban_jobs
   WHERE id = $1::bigint
     AND state NOT IN ('completed', 'cancelled', 'discarded')
     FOR UPDATE
),
cancelled AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET state = 'cancelled',
         cancelled_at = timezone('UTC', now())
    FROM target
   WHERE job.id = target.id
  RETURNING job.id, target.state
)
SELECT id, state,
       CASE
         WHEN state = 'executing' AND $2::text IS NOT NULL
         THEN pg_notify($2::text, json_build_object('action', 'pkill', 'job_id', id)::text)::text
       END AS signalled
  FROM cancelled
