-- Delete a producer's row once no job needs it. Two statements: the lock waits for a claim in flight,
-- and only a statement begun after it sees what that claim took.
-- $1 uuid  uuid
SELECT uuid
  FROM /*prefix*/oban_ts_producers
 WHERE uuid = $1::uuid
   FOR UPDATE;

DELETE FROM /*prefix*/oban_ts_producers
 WHERE uuid = $1::uuid
   AND NOT EXISTS (
         SELECT
           FROM /*prefix*/oban_jobs
          WHERE state = 'executing'
            AND attempted_by[2] = $1::text
       )
RETURNING uuid
