-- Declare a producer dead and put its jobs back, in one round trip and one transaction. The lock
-- waits for a claim in flight, so that the jobs it takes are rescued too; the beat is looked at again
-- under the lock, as the producer may have come back. A rescue counts the attempt: a job that kills
-- whole processes must not loop for ever.
-- $1 uuid      uuid
-- $2 beat      bigint  the beat that stood still
-- $3 orphaned  jsonb   { error } for a job with no attempt left; attempt and moment are added
-- $4 channel   text    `<prefix>.oban_insert`
SELECT uuid
  FROM /*prefix*/oban_ts_producers
 WHERE uuid = $1::uuid
   FOR UPDATE;

UPDATE /*prefix*/oban_ts_producers
   SET dead_at = timezone('UTC', now())
 WHERE uuid = $1::uuid
   AND beat = $2::bigint
   AND dead_at IS NULL;

WITH rescued AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET state = (CASE WHEN job.attempt < job.max_attempts THEN 'available' ELSE 'discarded' END)
                 ::/*prefix*/oban_job_state,
         discarded_at = CASE
           WHEN job.attempt < job.max_attempts THEN job.discarded_at
           ELSE timezone('UTC', now())
         END,
         errors = CASE
           WHEN job.attempt < job.max_attempts THEN job.errors
           ELSE job.errors || ($3::jsonb || jsonb_build_object(
             'attempt', job.attempt,
             'at', to_char(timezone('UTC', now()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
           ))
         END,
         meta = CASE WHEN jsonb_typeof(job.meta) = 'object' THEN job.meta ELSE '{}' END
                || jsonb_build_object(
                     'rescued',
                     CASE
                       WHEN jsonb_typeof(job.meta -> 'rescued') = 'number'
                       THEN (job.meta ->> 'rescued')::numeric + 1
                       ELSE 1
                     END
                   )
    FROM /*prefix*/oban_ts_producers AS producer
   WHERE producer.uuid = $1::uuid
     AND producer.dead_at = timezone('UTC', now())
     AND job.state = 'executing'
     AND job.attempted_by[2] = $1::text
  RETURNING job.id, job.queue, job.state
),
announced AS (
  SELECT pg_notify($4::text, json_build_object('queue', queue)::text)
    FROM (SELECT DISTINCT queue FROM rescued WHERE state = 'available') AS q
)
SELECT rescued.id, rescued.queue, rescued.state, (SELECT count(*) FROM announced) AS announced
  FROM rescued
