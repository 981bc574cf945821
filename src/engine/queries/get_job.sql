-- One job, as one JSON object of texts: the type parsers of a caller's client are the caller's. Timestamps
-- become texts as JSON: a cast would follow the DateStyle of the caller's session. The version changes
-- with the row; the place alone would come again, and the transaction may change it twice.
-- $1 id  bigint
SELECT json_build_object(
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
         'discarded_at', discarded_at,
         'version', xmin::text || ctid::text
       )::text AS job
  FROM /*prefix*/oban_jobs
 WHERE id = $1::bigint
