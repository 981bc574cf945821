-- Acknowledge completed jobs that share an attempt number and a producer. A completion wins over a
-- cancellation that came too late to stop the job. The null-safe comparison keeps the planner on the
-- primary key, whatever it believes about the distribution of states.
-- $1 ids      bigint[]
-- $2 attempt  integer
-- $3 uuid     text      the producer that claimed them
UPDATE /*prefix*/oban_jobs
   SET state = 'completed',
       completed_at = timezone('UTC', now())
 WHERE id = ANY ($1::bigint[])
   AND attempt = $2::integer
   AND attempted_by[2] = $3
   AND (state IS NOT DISTINCT FROM 'executing' OR state IS NOT DISTINCT FROM 'cancelled')
RETURNING id
