-- Delete jobs that completed longer ago than an age, passing over those that somebody holds. An index on
-- completed_at would cost each completion a fifth more; so the main index leads to them, one queue and
-- priority after the other: nothing that completed before a moment was scheduled for a time after it.
-- One that was run ahead of its time stays until that time is as old. What has no date stays.
-- $1 age    double precision  seconds
-- $2 limit  integer           jobs to delete at most
-- $3 now    timestamptz, null for the server's clock
WITH RECURSIVE lanes AS (
  (
    SELECT queue, priority
      FROM /*prefix*/oban_jobs
     WHERE state = 'completed'
     ORDER BY queue, priority
     LIMIT 1
  )
   UNION ALL
  SELECT next.queue, next.priority
    FROM lanes
   CROSS JOIN LATERAL (
           SELECT queue, priority
             FROM /*prefix*/oban_jobs
            WHERE state = 'completed'
              AND (queue, priority) > (lanes.queue, lanes.priority)
            ORDER BY queue, priority
            LIMIT 1
         ) AS next
),
doomed AS MATERIALIZED (
  SELECT old.id
    FROM lanes
   CROSS JOIN LATERAL (
           SELECT id
             FROM /*prefix*/oban_jobs AS job
            WHERE job.state = 'completed'
              AND job.queue = lanes.queue
              AND job.priority = lanes.priority
              AND job.scheduled_at
                  < timezone('UTC', coalesce($3::timestamptz, now())) - make_interval(secs => $1)
              AND job.completed_at
                  < timezone('UTC', coalesce($3::timestamptz, now())) - make_interval(secs => $1)
            ORDER BY job.scheduled_at, job.id
            LIMIT $2::integer
              FOR UPDATE SKIP LOCKED
         ) AS old
   LIMIT $2::integer
),
-- By an array, as a join would read the whole table to find some thousand rows.
pruned AS (
  DELETE FROM /*prefix*/oban_jobs
   WHERE id = ANY (ARRAY(SELECT id FROM doomed))
  RETURNING id
)
SELECT count(*) AS count
  FROM pruned
