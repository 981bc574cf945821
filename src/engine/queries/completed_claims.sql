-- Of claims that are not executing any more, those that are completed.
-- $1 ids  bigint[]
SELECT id, attempt, attempted_at
  FROM /*prefix*/oban_jobs
 WHERE id = ANY ($1::bigint[])
   AND state = 'completed'
