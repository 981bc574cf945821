-- How many jobs of each queue have not ended, by state; one step in the index finds the next queue of a
-- state. Each count ends at a bound, and each number comes from an index, however many jobs there are.
-- $1 bound  integer  no count goes higher
-- $2 lanes  integer  pairs of state and queue at most
WITH RECURSIVE lane AS (
  SELECT kind.state, (
           SELECT min(queue)
             FROM /*prefix*/oban_jobs AS first
            WHERE first.state = kind.state
         ) AS queue
    FROM unnest(ARRAY['available', 'scheduled', 'executing', 'retryable']
                ::/*prefix*/oban_job_state[]) AS kind (state)
   UNION ALL
  SELECT lane.state, (
           SELECT min(queue)
             FROM /*prefix*/oban_jobs AS next
            WHERE next.state = lane.state AND next.queue > lane.queue
         )
    FROM lane
   WHERE lane.queue IS NOT NULL
),
found AS (
  SELECT state, queue
    FROM lane
   WHERE queue IS NOT NULL
   LIMIT $2::integer
)
SELECT found.state::text AS state, found.queue,
       (
         SELECT count(*)
           FROM (
                  SELECT
                    FROM /*prefix*/oban_jobs AS job
                   WHERE job.state = found.state AND job.queue = found.queue
                   ORDER BY priority
                   LIMIT $1::integer
                ) AS bounded
       ) AS jobs
  FROM found
 ORDER BY found.queue, found.state
