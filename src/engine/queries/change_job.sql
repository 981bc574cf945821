-- Change a job that is still as it was read, and that nobody holds; its row as in get_job, or null. A
-- schedule makes a waiting job scheduled; in every other state the state stays.
-- $1 id       bigint
-- $2 version  text    as get_job has told it
-- $3 changes  jsonb   { worker, queue, max_attempts, priority, tags, args, meta, scheduled_at (ISO 8601),
--                       schedule_in (seconds) }, null for what stays
-- $4 channel  text    `<prefix>.oban_insert`, null to announce nothing
WITH target AS (
  SELECT id
    FROM /*prefix*/oban_jobs
   WHERE id = $1::text::bigint
     AND xmin::text || ctid::text = $2::text
     FOR UPDATE SKIP LOCKED
),
changed AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET worker = coalesce(new.worker, job.worker),
         queue = coalesce(new.queue, job.queue),
         max_attempts = coalesce(new.max_attempts, job.max_attempts),
         priority = coalesce(new.priority, job.priority),
         tags = CASE
           WHEN new.tags IS NULL THEN job.tags
           ELSE ARRAY(SELECT jsonb_array_elements_text(new.tags))
         END,
         args = coalesce(new.args, job.args),
         meta = coalesce(new.meta, job.meta),
         scheduled_at = coalesce(
           timezone('UTC', new.scheduled_at),
           timezone('UTC', now()) + make_interval(secs => new.schedule_in),
           job.scheduled_at
         ),
         state = CASE
           WHEN job.state = 'available' AND coalesce(new.scheduled_at::text, new.schedule_in::text) IS NOT NULL
           THEN 'scheduled'
           ELSE job.state
         END
    FROM target,
         jsonb_to_record($3::text::jsonb) AS new (
           worker text, queue text, max_attempts integer, priority integer, tags jsonb, args jsonb,
           meta jsonb, scheduled_at timestamptz, schedule_in double precision
         )
   WHERE job.id = target.id
  RETURNING job.id, job.state, job.queue, job.worker, job.args, job.meta, job.tags, job.errors,
            job.attempt, job.max_attempts, job.priority, job.attempted_by, job.inserted_at,
            job.scheduled_at, job.attempted_at, job.completed_at, job.cancelled_at, job.discarded_at
),
announced AS (
  SELECT pg_notify($4::text, json_build_object('queue', queue)::text)
    FROM changed
   WHERE state = 'available'
     AND $4::text IS NOT NULL
)
SELECT json_build_object(
         'id', id::text/*job*/,
         'announced', (SELECT count(*) FROM announced)
       )::text AS job
  FROM changed
