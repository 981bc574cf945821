-- A page of jobs, as JSON objects of texts as in get_job. The conditions of the filter stand in the place
-- of its marker; their parameters follow these.
-- $1 limit  rows
SELECT coalesce(
         json_agg(
           json_build_object('id', id::text/*job*/)
           ORDER BY id /*direction*/
         ),
         '[]'
       )::text AS jobs
  FROM (
         SELECT id, state, queue, worker, args, meta, tags, errors, attempt, max_attempts, priority,
                attempted_by, inserted_at, scheduled_at, attempted_at, completed_at, cancelled_at,
                discarded_at
           FROM /*prefix*/oban_jobs
          WHERE /*filter*/ true
          ORDER BY id /*direction*/
          LIMIT $1::text::integer
       ) AS job
