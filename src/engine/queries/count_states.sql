-- Count the jobs of each state by queue. The counting of a state ends at a bound: what it has then is a part.
-- $1 bound     integer
-- $2 left out  text[]  states that are not counted
SELECT kind.state, job.queue, count(*) AS jobs
  FROM unnest(enum_range(NULL::/*prefix*/oban_job_state)) AS kind (state)
 CROSS JOIN LATERAL (
         SELECT queue
           FROM /*prefix*/oban_jobs AS counted
          WHERE counted.state = kind.state
          ORDER BY queue
          LIMIT $1::integer
       ) AS job
 WHERE kind.state::text <> ALL ($2::text[])
 GROUP BY kind.state, job.queue
