-- Change jobs that new ones were found to be the same as, where they are still in the state in which they
-- were found; the answer has those that were, as JSON text in one row. A job in `available` that is put off
-- becomes `scheduled`, or it would run at once. No job gets fewer attempts than it has had.
-- $1 changes  jsonb  [{ id, state, and of queue, worker, args, meta, tags, priority, max_attempts,
--                       scheduled_at (ISO 8601), schedule_in (seconds) those that change }]
-- $2 channel  text   `<prefix>.oban_insert`, null to announce nothing
WITH change AS MATERIALIZED (
  SELECT item.id, item.state, item.queue, item.worker, item.args, item.meta, item.tags, item.priority,
         item.max_attempts,
         coalesce(
           timezone('UTC', item.scheduled_at),
           timezone('UTC', now()) + make_interval(secs => item.schedule_in)
         ) AS scheduled_at
    FROM jsonb_to_recordset($1::text::jsonb) AS item (
           id bigint, state text, queue text, worker text, args jsonb, meta jsonb, tags jsonb,
           priority integer, max_attempts integer, scheduled_at timestamptz,
           schedule_in double precision
         )
),
held AS MATERIALIZED (
  SELECT job.id
    FROM /*prefix*/oban_jobs AS job
    JOIN change
      ON change.id = job.id
     AND job.state = change.state::/*prefix*/oban_job_state
   ORDER BY job.id
     FOR UPDATE OF job
),
replaced AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET state = CASE
           WHEN job.state = 'available' AND change.scheduled_at > timezone('UTC', now()) THEN 'scheduled'
           ELSE job.state
         END,
         queue = coalesce(change.queue, job.queue),
         worker = coalesce(change.worker, job.worker),
         args = coalesce(change.args, job.args),
         meta = coalesce(change.meta, job.meta),
         tags = CASE
           WHEN change.tags IS NULL THEN job.tags
           ELSE ARRAY(SELECT jsonb_array_elements_text(change.tags))
         END,
         priority = coalesce(change.priority, job.priority),
         max_attempts = greatest(coalesce(change.max_attempts, job.max_attempts), job.attempt),
         scheduled_at = coalesce(change.scheduled_at, job.scheduled_at)
    FROM held
    JOIN change
      ON change.id = held.id
   WHERE job.id = held.id
  RETURNING job.id, job.state, job.queue, job.worker, job.args, job.meta, job.tags,
            job.errors, job.attempt, job.max_attempts, job.priority, job.attempted_by,
            job.inserted_at, job.scheduled_at, job.attempted_at, job.completed_at, job.cancelled_at,
            job.discarded_at
),
announced AS (
  SELECT pg_notify($2::text, json_build_object('queue', queue)::text)
    FROM (SELECT DISTINCT queue FROM replaced WHERE state = 'available' AND $2::text IS NOT NULL) AS q
)
SELECT json_build_object(
         'replaced', (SELECT json_agg(json_build_object(
           'id', id::text/*job*/,
           'conflict', true
         )) FROM replaced),
         'announced', (SELECT count(*) FROM announced)
       )::text AS jobs
