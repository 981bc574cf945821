-- The queues that have jobs in a state, by one step in the index for each.
-- $1 state  text
-- $2 limit  integer
WITH RECURSIVE found AS (
  (
    SELECT queue
      FROM /*prefix*/oban_jobs
     WHERE state = $1::/*prefix*/oban_job_state
     ORDER BY queue
     LIMIT 1
  )
   UNION ALL
  SELECT next.queue
    FROM found
   CROSS JOIN LATERAL (
           SELECT queue
             FROM /*prefix*/oban_jobs
            WHERE state = $1::/*prefix*/oban_job_state AND queue > found.queue
            ORDER BY queue
            LIMIT 1
         ) AS next
)
SELECT queue
  FROM found
 LIMIT $2::integer
