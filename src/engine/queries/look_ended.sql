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
             json_build_object(
               'id', id::text,
               'state', state::text,
               'queue', queue,
               'worker', worker,
               'args', args::text,
               'meta', meta::text,
               'tags', tags::text,
               'errors', to_jsonb(errors)::text,
               'attempt', attempt::text,
               'max_attempts', max_attempts::text,
               'priority', priority::text,
               'attempted_by', attempted_by::text,
               'inserted_at', inserted_at,
               'scheduled_at', scheduled_at,
               'attempted_at', attempted_at,
               'completed_at', completed_at,
               'cancelled_at', cancelled_at,
               'discarded_at', discarded_at
             )
           ) FILTER (WHERE state IN ('completed', 'cancelled', 'discarded')),
           '[]'
         )
       )::text AS look
  FROM /*prefix*/oban_jobs
 WHERE id = ANY ($1::text::bigint[])
