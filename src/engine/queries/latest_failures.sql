-- The jobs that failed last, with the error of the last attempt: of the discarded ones by their index, of
-- those that are tried again among the ones that are due next in each queue.
-- $1 limit  rows
-- $2 bound  integer  retryable jobs of a queue that are looked at
WITH RECURSIVE lane AS (
  SELECT min(queue) AS queue
    FROM /*prefix*/oban_jobs
   WHERE state = 'retryable'
   UNION ALL
  SELECT (
           SELECT min(queue)
             FROM /*prefix*/oban_jobs AS next
            WHERE next.state = 'retryable' AND next.queue > lane.queue
         )
    FROM lane
   WHERE lane.queue IS NOT NULL
),
failed AS (
  (
    SELECT id, discarded_at AS failed_at
      FROM /*prefix*/oban_jobs
     WHERE state = 'discarded' AND discarded_at IS NOT NULL
     ORDER BY state, discarded_at DESC
     LIMIT $1::integer
  )
   UNION ALL
  (
    SELECT due.id, due.attempted_at
      FROM lane
     CROSS JOIN LATERAL (
             SELECT id, attempted_at
               FROM /*prefix*/oban_jobs AS job
              WHERE job.state = 'retryable' AND job.queue = lane.queue AND attempted_at IS NOT NULL
              ORDER BY priority, scheduled_at, id
              LIMIT $2::integer
           ) AS due
     ORDER BY due.attempted_at DESC
     LIMIT $1::integer
  )
)
SELECT job.id, job.queue, job.worker, job.state::text AS state, job.attempt, job.max_attempts,
       left(to_jsonb(job.errors) -> -1 ->> 'error', 1000) AS error,
       -- From 'infinity', which other programs may write, nothing is subtracted before PostgreSQL 17.
       extract(epoch FROM timezone('UTC', now())
         - least(greatest(failed.failed_at, 'epoch'), timezone('UTC', now()))) AS seconds
  FROM failed
  JOIN /*prefix*/oban_jobs AS job ON job.id = failed.id
 ORDER BY failed.failed_at DESC, job.id DESC
 LIMIT $1::integer
