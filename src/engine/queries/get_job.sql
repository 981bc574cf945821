-- One job, every column as text.
-- $1 id  bigint
SELECT id, state, queue, worker, args, meta, tags, to_jsonb(errors) AS errors, attempt, max_attempts,
       priority, attempted_by, inserted_at, scheduled_at, attempted_at, completed_at, cancelled_at,
       discarded_at
  FROM /*prefix*/oban_jobs
 WHERE id = $1::bigint
