-- Make a job run again, whatever it ended as. One that was cancelled a moment ago while a live
-- producer held it waits until that producer must have heard of it, so that two runs never overlap.
-- $1 id  bigint
UPDATE /*prefix*/oban_jobs AS job
   SET state = (CASE WHEN held.until IS NULL THEN 'available' ELSE 'scheduled' END)
               ::/*prefix*/oban_job_state,
       scheduled_at = coalesce(held.until, timezone('UTC', now())),
       max_attempts = least(greatest(job.max_attempts, job.attempt + 1), 32767),
       completed_at = NULL,
       cancelled_at = NULL,
       discarded_at = NULL
  FROM (
         SELECT target.id,
                CASE
                  WHEN target.state = 'cancelled'
                   AND target.cancelled_at > timezone('UTC', now()) - interval '25 seconds'
                   AND EXISTS (
                         SELECT
                           FROM /*prefix*/oban_ts_producers
                          WHERE uuid::text = target.attempted_by[2]
                            AND dead_at IS NULL
                       )
                  THEN target.cancelled_at + interval '25 seconds'
                END AS until
           FROM /*prefix*/oban_jobs AS target
          WHERE target.id = $1::bigint
            AND target.state NOT IN ('available', 'executing')
            FOR UPDATE
       ) AS held
 WHERE job.id = held.id
RETURNING job.queue, job.state
