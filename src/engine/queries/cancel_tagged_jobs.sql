-- Cancel the jobs with a tag that wait; those that run are left to end.
-- $1 tag  text
UPDATE /*prefix*/oban_jobs
   SET state = 'cancelled',
       cancelled_at = timezone('UTC', now())
 WHERE state IN ('available', 'scheduled', 'retryable')
   AND $1::text = ANY (tags)
RETURNING id
