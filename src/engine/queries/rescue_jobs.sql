-- Declare a producer dead and put its jobs back, in one round trip and one transaction; of one that is
-- dead already, those that are left. The lock waits for a claim in flight, so that the jobs it takes are
-- rescued too; the beat is looked at again under the lock, as the producer may have come back. Jobs that
-- somebody holds are passed over: the row stays until a later rescue has found them. A rescue counts the attempt: a job that kills
-- whole processes must not loop for ever. Of a producer that claims ahead most jobs may never have
-- started, so theirs is restored, the first three times.
-- $1 uuid      uuid
-- $2 beat      bigint  the beat that stood still
-- $3 orphaned  jsonb   { error } for a job with no attempt left; attempt and moment are added
-- $4 channel   text    `<prefix>.oban_insert`, empty to announce nothing
-- $5 limit     integer jobs to rescue at most
SELECT uuid
  FROM /*prefix*/oban_ts_producers
 WHERE uuid = $1::uuid
   FOR UPDATE;

UPDATE /*prefix*/oban_ts_producers
   SET dead_at = timezone('UTC', now())
 WHERE uuid = $1::uuid
   AND beat = $2::bigint
   AND dead_at IS NULL;

WITH held AS MATERIALIZED (
  SELECT job.id,
         job.ctid,
         producer.meta ? 'prefetch' AS is_ahead,
         CASE
           WHEN jsonb_typeof(job.meta -> 'rescued') = 'number' THEN (job.meta ->> 'rescued')::numeric
           ELSE 0
         END AS rescues
    FROM /*prefix*/oban_ts_producers AS producer
    JOIN /*prefix*/oban_jobs AS job
      ON job.state = 'executing'
     AND job.attempted_by[2] = $1::text
   WHERE producer.uuid = $1::uuid
     AND producer.dead_at IS NOT NULL
   ORDER BY job.id
   LIMIT $5::integer
     FOR UPDATE OF job SKIP LOCKED
),
fate AS (
  SELECT id, ctid, rescues, is_ahead AND rescues < 3 AS is_restored
    FROM held
),
rescued AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET state = (CASE
           WHEN fate.is_restored OR job.attempt < job.max_attempts THEN 'available'
           ELSE 'discarded'
         END)::/*prefix*/oban_job_state,
         attempt = CASE
           WHEN fate.is_restored THEN greatest(job.attempt - 1, 0)
           ELSE job.attempt
         END,
         discarded_at = CASE
           WHEN fate.is_restored OR job.attempt < job.max_attempts THEN job.discarded_at
           ELSE timezone('UTC', now())
         END,
         errors = CASE
           WHEN fate.is_restored OR job.attempt < job.max_attempts THEN job.errors
           ELSE job.errors || ($3::jsonb || jsonb_build_object(
             'attempt', job.attempt,
             'at', to_char(timezone('UTC', now()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
           ))
         END,
         meta = CASE WHEN jsonb_typeof(job.meta) = 'object' THEN job.meta ELSE '{}' END
                || jsonb_build_object('rescued', fate.rescues + 1)
    FROM fate
   -- By its place, as in fetch_jobs.sql.
   WHERE job.ctid = fate.ctid
     AND job.id = fate.id
     AND job.state = 'executing'
  RETURNING job.id, job.queue, job.state
),
announced AS (
  SELECT pg_notify($4::text, json_build_object('queue', queue)::text)
    FROM (
      SELECT DISTINCT queue FROM rescued WHERE state = 'available' AND $4::text <> ''
    ) AS q
)
SELECT rescued.id, rescued.queue, rescued.state, (SELECT count(*) FROM announced) AS announced
  FROM rescued
