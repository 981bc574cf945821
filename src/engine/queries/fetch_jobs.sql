-- Claim the next jobs of a queue for a producer. Nothing is claimed unless the producer's own row is
-- alive: its lock holds off a rescue until this claim is visible to it.
-- $1 queue      text
-- $2 limit      integer  jobs to claim at most
-- $3 uuid       uuid     the producer
-- $4 node       text
-- $5 left_out   text[]   names of workers to pass over
-- $6 priority, $7 scheduled_at, $8 id: the place behind which to look, in the order of the queue
WITH alive AS MATERIALIZED (
  SELECT uuid
    FROM /*prefix*/oban_ts_producers
   WHERE uuid = $3::uuid
     AND dead_at IS NULL
     FOR KEY SHARE
),
claimed AS MATERIALIZED (
  SELECT id, ctid
    FROM /*prefix*/oban_jobs
   -- The planner must not know which state this is. Statistics of a moment in which nothing was available
   -- have it read and sort all that is, by an index that has no queue, for each claim.
   WHERE state = (SELECT 'available'::/*prefix*/oban_job_state)
     AND queue = $1
     AND attempt < max_attempts
     AND worker <> ALL ($5::text[])
     AND (priority, scheduled_at, id) > ($6::integer, $7::timestamp, $8::bigint)
     AND EXISTS (SELECT FROM alive)
   ORDER BY priority, scheduled_at, id
   LIMIT $2::integer
     FOR UPDATE SKIP LOCKED
)
UPDATE /*prefix*/oban_jobs AS job
   SET state = 'executing',
       attempt = job.attempt + 1,
       attempted_at = timezone('UTC', clock_timestamp()),
       attempted_by = ARRAY[$4::text, $3::text]
  FROM claimed
 -- Where the row lies costs less than any index, of an empty table too, for which this may be planned: so
 -- no plan reads the whole table for each claimed row later. The id tells rows of two partitions apart.
 WHERE job.ctid = claimed.ctid
   AND job.id = claimed.id
-- Each column takes time, here and there: whoever claims knows the state, the queue and the producer, and what is
-- empty, as most meta, tags and errors are, is null. Empty errors are `{}` as jsonb[], and `[]` as jsonb.
RETURNING job.id, job.worker, job.args, nullif(job.meta, '{}') AS meta, nullif(job.tags, '{}') AS tags,
          job.priority, job.attempt, job.max_attempts,
          CASE WHEN job.errors::text NOT IN ('{}', '[]') THEN to_jsonb(job.errors) END AS errors,
          job.inserted_at, job.scheduled_at, job.attempted_at, job.completed_at, job.cancelled_at,
          job.discarded_at
