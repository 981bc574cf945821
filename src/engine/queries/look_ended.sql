-- Of jobs that somebody waits for, the rows of those that have ended, as in get_job, and the ids of those
-- that have not. What is neither is gone.
-- $1 ids  bigint[]
SELECT json_build_object(
         'alive', coalesce(
           json_agg(id) FILTER (WHERE state NOT IN ('completed', 'cancelled', 'discarded')),
           '[]'
         ),
         'ended', coalesce(
           json_agg(
             json_build_object('id', id::text/*job*/)
           ) FILTER (WHERE state IN ('completed', 'cancelled', 'discarded')),
           '[]'
         )
       )::text AS look
  FROM /*prefix*/oban_jobs
 WHERE id = ANY ($1::text::bigint[])
