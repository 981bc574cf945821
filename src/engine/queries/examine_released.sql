-- Workers whose jobs nodes have given back within ten minutes, as none of them defines the worker: such a
-- job is due again 15 to 30 seconds after its claim, and was not snoozed.
SELECT coalesce(json_agg(json_build_object(
         'worker', given.worker,
         'queue', given.queue,
         'count', given.count
       ) ORDER BY given.count DESC, given.worker), '[]')::text AS facts
  FROM (
    SELECT job.worker, job.queue, count(*) AS count
      FROM (
        SELECT worker, queue, meta, attempted_at, scheduled_at
          FROM /*prefix*/oban_jobs
         WHERE state = 'scheduled'
           AND scheduled_at BETWEEN timezone('UTC', now()) - interval '10 minutes'
                                AND timezone('UTC', now()) + interval '1 minute'
         LIMIT 10000
      ) AS job
     -- From 'infinity', which other programs may write, nothing is subtracted before PostgreSQL 17.
     WHERE extract(epoch FROM job.scheduled_at) - extract(epoch FROM job.attempted_at) BETWEEN 14 AND 40
       AND NOT coalesce(job.meta, '{}') ? 'snoozed'
     GROUP BY job.worker, job.queue
     ORDER BY count(*) DESC
     LIMIT 20
  ) AS given
