-- Jobs of one worker that have a tag, in the order of their ids.
-- $1 tag     text
-- $2 worker  text
-- $3 after   bigint   the last id of the page before, or one below the first
-- $4 limit   integer
SELECT id, state, queue, worker, args, meta, tags, to_jsonb(errors) AS errors, attempt,
       max_attempts, priority, attempted_by, inserted_at, scheduled_at, attempted_at, completed_at,
       cancelled_at, discarded_at
  FROM /*prefix*/oban_jobs
 WHERE id > $3::bigint
   AND $1::text = ANY (tags)
   AND worker = $2::text
 ORDER BY id
 LIMIT $4::integer
