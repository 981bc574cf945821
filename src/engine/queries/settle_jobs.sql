-- Acknowledge jobs of any outcome, and give back those that did not run to an end. Fenced by attempt,
-- producer and moment of the claim: a snooze or a give-back hands the same attempt number out again.
-- A job that was cancelled meanwhile, or has completed itself, stays what it is, and the answer says so: a
-- cancelled one only gets the error, a completed one what was recorded. A completion wins over a
-- cancellation.
-- $1 acks  jsonb  [{ id, attempt, uuid, attempted_at (text of the claim), state, restore (boolean:
--                    hand the attempt back, without an error), delay (seconds until due) | null,
--                    error (object) | null,
--                    patch (object merged into meta) | null, counter (key of meta) | null,
--                    own (boolean: the job meant to complete itself) }]
UPDATE /*prefix*/oban_jobs AS job
   SET state = CASE
         WHEN job.state = 'executing' OR ack.state = 'completed'
         THEN ack.state::/*prefix*/oban_job_state
         ELSE job.state
       END,
       attempt = CASE
         WHEN ack.restore AND job.state = 'executing' THEN greatest(job.attempt - 1, 0)
         ELSE job.attempt
       END,
       errors = CASE
         WHEN ack.error IS NULL OR job.state = 'completed' OR (ack.restore AND job.state = 'executing')
         THEN job.errors
         -- This acknowledgement has landed before, and its answer was lost.
         WHEN job.state = 'cancelled' AND to_jsonb(job.errors) @> jsonb_build_array(ack.error)
         THEN job.errors
         ELSE job.errors || ack.error
       END,
       meta = CASE
         WHEN (ack.patch IS NULL AND ack.counter IS NULL)
           OR (job.state <> 'executing' AND ack.state <> 'completed')
         THEN job.meta
         ELSE CASE WHEN jsonb_typeof(job.meta) = 'object' THEN job.meta ELSE '{}' END
              || coalesce(ack.patch, '{}')
              || CASE
                   WHEN ack.counter IS NULL THEN '{}'
                   ELSE jsonb_build_object(
                     ack.counter,
                     CASE
                       WHEN jsonb_typeof(job.meta -> ack.counter) = 'number'
                       THEN (job.meta ->> ack.counter)::numeric + 1
                       ELSE 1
                     END
                   )
                 END
       END,
       scheduled_at = CASE
         WHEN ack.delay IS NULL OR job.state <> 'executing' THEN job.scheduled_at
         ELSE timezone('UTC', now()) + make_interval(secs => ack.delay)
       END,
       completed_at = CASE
         WHEN ack.state = 'completed' AND job.state <> 'completed' THEN timezone('UTC', now())
         ELSE job.completed_at
       END,
       cancelled_at = CASE
         WHEN ack.state = 'cancelled' AND job.state = 'executing' THEN timezone('UTC', now())
         ELSE job.cancelled_at
       END,
       discarded_at = CASE
         WHEN ack.state = 'discarded' AND job.state = 'executing' THEN timezone('UTC', now())
         ELSE job.discarded_at
       END
  FROM jsonb_to_recordset($1::jsonb) AS ack (
         id bigint, attempt integer, uuid text, attempted_at timestamp, state text, restore boolean,
         delay double precision, error jsonb, patch jsonb, counter text, own boolean
       )
 WHERE job.id = ack.id
   AND job.attempt = ack.attempt
   AND job.attempted_by[2] = ack.uuid
   AND job.attempted_at = ack.attempted_at
   AND (job.state IS NOT DISTINCT FROM 'executing'
        OR job.state IS NOT DISTINCT FROM 'cancelled'
        OR (ack.own AND job.state IS NOT DISTINCT FROM 'completed'))
RETURNING job.id, job.state
