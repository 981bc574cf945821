-- How many finished jobs ended longer ago than an age, up to a bound.
-- $1 age    seconds
-- $2 bound  no count goes higher
SELECT count(*)::text AS facts
  FROM (
    SELECT
      FROM /*prefix*/oban_jobs
     WHERE state IN ('completed', 'cancelled', 'discarded')
       AND coalesce(completed_at, cancelled_at, discarded_at)
           < timezone('UTC', now()) - make_interval(secs => $1)
     LIMIT $2::integer
  ) AS old
