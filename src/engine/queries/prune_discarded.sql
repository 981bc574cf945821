-- Delete jobs that were discarded longer ago than an age, the longest first, passing over those that
-- somebody holds. What has no date stays.
-- $1 age    double precision  seconds
-- $2 limit  integer           jobs to delete at most
-- $3 now    timestamptz, null for the server's clock
WITH doomed AS MATERIALIZED (
  SELECT id
    FROM /*prefix*/oban_jobs
   WHERE state = 'discarded'
     AND discarded_at
         < timezone('UTC', coalesce($3::timestamptz, now())) - make_interval(secs => $1)
   ORDER BY discarded_at
   LIMIT $2::integer
     FOR UPDATE SKIP LOCKED
),
pruned AS (
  DELETE FROM /*prefix*/oban_jobs
   WHERE id = ANY (ARRAY(SELECT id FROM doomed))
  RETURNING id
)
SELECT count(*) AS count
  FROM pruned
