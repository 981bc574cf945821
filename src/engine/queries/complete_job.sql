-- Complete a job inside of a transaction of its own body, fenced as an acknowledgement. One row when it did.
-- $1 id            bigint
-- $2 attempt       integer
-- $3 uuid          text       the producer that claimed it
-- $4 attempted_at  timestamp  of the claim
-- $5 patch         jsonb      merged into meta, null for nothing
UPDATE /*prefix*/oban_jobs
   SET state = 'completed',
       completed_at = timezone('UTC', clock_timestamp()),
       meta = CASE
         WHEN $5::text IS NULL THEN meta
         ELSE CASE WHEN jsonb_typeof(meta) = 'object' THEN meta ELSE '{}' END || $5::text::jsonb
       END
 WHERE id = $1::text::bigint
   AND attempt = $2::text::integer
   AND attempted_by[2] = $3::text
   AND attempted_at = $4::text::timestamp
   AND state IS NOT DISTINCT FROM 'executing'
RETURNING id::text AS id
