-- Delete a job that is not executing.
-- $1 id  bigint
DELETE FROM /*prefix*/oban_jobs
 WHERE id = $1::bigint
   AND state <> 'executing'
RETURNING id
