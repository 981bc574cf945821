-- The queues in which jobs wait: how many, up to 10,000 of each, and for how long the one that has been
-- due the longest. From queue to queue by the index, however many jobs there are.
WITH RECURSIVE found AS (
  (
    SELECT queue
      FROM /*prefix*/oban_jobs
     WHERE state = 'available'
     ORDER BY queue
     LIMIT 1
  )
   UNION ALL
  SELECT (
           SELECT job.queue
             FROM /*prefix*/oban_jobs AS job
            WHERE job.state = 'available'
              AND job.queue > found.queue
            ORDER BY job.queue
            LIMIT 1
         )
    FROM found
   WHERE found.queue IS NOT NULL
)
SELECT coalesce(json_agg(json_build_object(
         'queue', found.queue,
         'count', waiting.count,
         -- From 'infinity', which other programs may write, nothing is subtracted before PostgreSQL 17.
         'seconds', extract(epoch FROM timezone('UTC', now())
                      - least(greatest(waiting.since, 'epoch'), timezone('UTC', now())))
       ) ORDER BY found.queue), '[]')::text AS facts
  FROM found
 CROSS JOIN LATERAL (
         SELECT count(*) AS count, min(bounded.scheduled_at) AS since
           FROM (
             SELECT job.scheduled_at
               FROM /*prefix*/oban_jobs AS job
              WHERE job.state = 'available'
                AND job.queue = found.queue
              ORDER BY job.priority, job.scheduled_at
              LIMIT 10000
           ) AS bounded
       ) AS waiting
 WHERE found.queue IS NOT NULL
