-- One whole job. The version changes with the row; the place alone would come again, and the transaction
-- may change it twice.
-- $1 id  bigint
SELECT json_build_object(
         'id', id::text/*job*/,
         'version', xmin::text || ctid::text
       )::text AS job
  FROM /*prefix*/oban_jobs
 WHERE id = $1::bigint
