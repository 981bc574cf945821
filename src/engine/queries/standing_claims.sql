-- Of claims that no queue of this node has executing, those that stand: their jobs were moved to another
-- queue while they ran, or are completed, perhaps by themselves.
-- $1 ids  bigint[]
SELECT id, attempt, attempted_at, state
  FROM /*prefix*/oban_jobs
 WHERE id = ANY ($1::bigint[])
   AND state IN ('executing', 'completed')
