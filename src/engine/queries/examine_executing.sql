-- Who executes jobs: by producer, of the first 10,000 of them that began more than a minute ago.
SELECT coalesce(json_agg(json_build_object(
         'node', claim.node,
         'uuid', claim.uuid,
         'count', claim.count,
         'ids', claim.ids,
         'seconds', claim.seconds
       ) ORDER BY claim.node, claim.uuid), '[]')::text AS facts
  FROM (
    SELECT job.node,
           job.uuid,
           count(*) AS count,
           (array_agg(job.id ORDER BY job.id))[1:5] AS ids,
           -- From 'infinity', which other programs may write, nothing is subtracted before PostgreSQL 17.
           extract(epoch FROM timezone('UTC', now()) - greatest(min(job.attempted_at), 'epoch')) AS seconds
      FROM (
        SELECT id, attempted_at, attempted_by[1] AS node, attempted_by[2] AS uuid
          FROM /*prefix*/oban_jobs
         WHERE state = 'executing'
           AND attempted_at < timezone('UTC', now()) - interval '60 seconds'
         LIMIT 10000
      ) AS job
     GROUP BY job.node, job.uuid
  ) AS claim
