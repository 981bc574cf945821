-- Merge into the meta of jobs, each fenced as an acknowledgement while it is executing; says which.
-- $1 patches  jsonb  [{ id, attempt, uuid, attempted_at (text of the claim), patch (object) }]
UPDATE /*prefix*/oban_jobs AS job
   SET meta = CASE WHEN jsonb_typeof(job.meta) = 'object' THEN job.meta ELSE '{}' END || new.patch
  FROM jsonb_to_recordset($1::jsonb) AS new (
         id bigint, attempt integer, uuid text, attempted_at timestamp, patch jsonb
       )
 WHERE job.id = new.id
   AND job.attempt = new.attempt
   AND job.attempted_by[2] = new.uuid
   AND job.attempted_at = new.attempted_at
   AND job.state IS NOT DISTINCT FROM 'executing'
RETURNING job.id
