-- Count the jobs that have a tag, by queue, worker and state.
-- $1 tag   text
-- $2 from  bigint  no job with the tag has a lower id: the primary key spares a look at the others
SELECT queue, worker, state::text AS state, count(*) AS count
  FROM /*prefix*/oban_jobs
 WHERE id >= $2::bigint
   AND $1::text = ANY (tags)
 GROUP BY queue, worker, state
