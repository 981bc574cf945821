-- Insert jobs, and announce their queues when the announcement is to ride in this transaction.
-- The answer is one row of JSON text, because the type parsers and the DateStyle of a caller's client are
-- the caller's.
-- $1 series   jsonb  [{ ord, worker, queue, args: [of each job], and what is not as here: state, meta, tags,
--                       priority, max_attempts, scheduled_at (ISO 8601), schedule_in (seconds) }]: what jobs in a
--                       row have in common is read once for all of them
-- $2 channel  text   `<prefix>.oban_insert`, null to announce nothing
-- $3 group    text   for jobs of several callers, how long to wait for locks, such as `50ms`. Null otherwise
-- $4 count    text   how many jobs that group has. It is refused, as a division by zero, when a trigger left one
--                    out: nobody could tell whose. Null otherwise
WITH inserted AS (
  INSERT INTO /*prefix*/oban_jobs
              (state, worker, queue, args, meta, tags, priority, max_attempts, scheduled_at)
  SELECT coalesce(series.state, 'available'), series.worker, series.queue, job.args,
         coalesce(series.meta, '{}'), coalesce(series.tags, '{}'), coalesce(series.priority, 0),
         coalesce(series.max_attempts, 20),
         coalesce(
           timezone('UTC', series.scheduled_at),
           timezone('UTC', now()) + make_interval(secs => coalesce(series.schedule_in, 0))
         )
    FROM jsonb_to_recordset($1::jsonb) AS series (
           ord integer, state /*prefix*/oban_job_state, worker text, queue text, args jsonb,
           meta jsonb, tags text[], priority integer, max_attempts integer,
           scheduled_at timestamptz, schedule_in double precision
         ),
         jsonb_array_elements(series.args) WITH ORDINALITY AS job (args, ord)
   -- Always so. It has the planner expect few of them: with those that it expects otherwise, one plan for all
   -- parameters looks dearer than planning each insert anew.
   WHERE series.ord BETWEEN 0 AND 1000000
     -- Each row passes here before it is stored.
     AND ($3::text IS NULL OR set_config('lock_timeout', $3::text, true) IS NOT NULL)
   ORDER BY series.ord, job.ord
  RETURNING id, state, queue, inserted_at, scheduled_at
),
announced AS (
  SELECT pg_notify($2::text, json_build_object('queue', queue)::text)
    FROM (SELECT DISTINCT queue FROM inserted WHERE state = 'available' AND $2::text IS NOT NULL) q
)
SELECT json_build_object(
         'ids', (SELECT string_agg(id::text, ',' ORDER BY id) FROM inserted),
         'now', timezone('UTC', now()),
         -- To write them costs as much as the rest of the answer, and nearly always all are of this moment.
         'times', CASE WHEN EXISTS (
                    SELECT FROM inserted
                     WHERE inserted_at IS DISTINCT FROM timezone('UTC', now())
                        OR scheduled_at IS DISTINCT FROM timezone('UTC', now())
                  ) THEN (
                    SELECT json_agg(json_build_array(inserted_at, scheduled_at) ORDER BY id)
                      FROM inserted
                  ) END
       )::text AS jobs,
       (SELECT count(*) FROM announced)::text AS announced,
       1 / CASE WHEN $4::text IS NULL OR (SELECT count(*) FROM inserted)::text = $4::text
                THEN 1 ELSE 0
           END AS whole
