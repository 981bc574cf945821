-- Acknowledge jobs of any outcome, and give back those that did not run to an end. Fenced by attempt,
-- producer and moment of the claim: a snooze or a give-back hands the same attempt number out again.
-- $1 acks  jsonb  [{ id, attempt, uuid, attempted_at (text of the claim), state, restore (boolean:
--                    hand the attempt back), delay (seconds until due) | null, error (object) | null,
--                    patch (object merged into meta) | null, counter (key of meta) | null }]
UPDATE /*prefix*/oban_jobs AS job
   SET state = ack.state::/*prefix*/oban_job_state,
       attempt = CASE WHEN ack.restore THEN greatest(job.attempt - 1, 0) ELSE job.attempt END,
       errors = CASE WHEN ack.error IS NULL THEN job.errors ELSE job.errors || ack.error END,
       meta = CASE
         WHEN ack.patch IS NULL AND ack.counter IS NULL THEN job.meta
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
         WHEN ack.delay IS NULL THEN job.scheduled_at
         ELSE timezone('UTC', now()) + make_interval(secs => ack.delay)
       END,
       completed_at = CASE WHEN ack.state = 'completed' THEN timezone('UTC', now()) ELSE job.completed_at END,
       cancelled_at = CASE WHEN ack.state = 'cancelled' THEN timezone('UTC', now()) ELSE job.cancelled_at END,
       discarded_at = CASE WHEN ack.state = 'discarded' THEN timezone('UTC', now()) ELSE job.discarded_at END
  FROM jsonb_to_recordset($1::jsonb) AS ack (
         id bigint, attempt integer, uuid text, attempted_at timestamp, state text, restore boolean,
         delay double precision, error jsonb, patch jsonb, counter text
       )
 WHERE job.id = ack.id
   AND job.attempt = ack.attempt
   AND job.attempted_by[2] = ack.uuid
   AND job.attempted_at = ack.attempted_at
   AND (job.state IS NOT DISTINCT FROM 'executing'
        OR (ack.state = 'completed' AND job.state IS NOT DISTINCT FROM 'cancelled'))
RETURNING job.id
