-- Count jobs by queue and state: all of them, and those with a tag from an id on.
-- $1 tag   text
-- $2 from  bigint  no job with the tag has a lower id
SELECT queue, state::text AS state, count(*) AS total,
       count(*) FILTER (WHERE id >= $2::bigint AND $1::text = ANY (tags)) AS tagged
  FROM /*prefix*/oban_jobs
 GROUP BY queue, state
 ORDER BY queue, state
