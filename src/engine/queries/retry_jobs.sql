-- Make a page of jobs run again, whatever they ended as. One that was cancelled a moment ago while a live
-- producer held it waits until that producer must have heard of it, so that two runs never overlap. The
-- conditions of the filter stand in the place of its marker; their parameters follow these.
-- $1 limit    rows
-- $2 after    bigint  the last id of the page before, 0 for the first
-- $3 bound    bigint  no job above it, null for the newest that there is
-- $4 channel  text    `<prefix>.oban_insert`, null to announce nothing
WITH newest AS (
  SELECT coalesce($3::text::bigint, max(id)) AS id
    FROM /*prefix*/oban_jobs
),
target AS (
  SELECT id
    FROM /*prefix*/oban_jobs
   WHERE /*filter*/ state NOT IN ('available', 'executing')
     AND id > $2::text::bigint
     AND id <= (SELECT id FROM newest)
   ORDER BY id
   LIMIT $1::text::integer
     FOR UPDATE
),
-- By the conditions of the page, not by its ids: as in cancel_jobs.sql.
retried AS (
  UPDATE /*prefix*/oban_jobs AS job
     SET (state, scheduled_at) = (
           SELECT (CASE WHEN held.until IS NULL THEN 'available' ELSE 'scheduled' END)
                  ::/*prefix*/oban_job_state,
                  coalesce(held.until, timezone('UTC', now()))
             FROM (
               SELECT CASE
                        WHEN job.state = 'cancelled'
                         AND job.cancelled_at > timezone('UTC', now()) - interval '25 seconds'
                         AND EXISTS (
                               SELECT
                                 FROM /*prefix*/oban_ts_producers
                                WHERE uuid::text = job.attempted_by[2]
                                  AND dead_at IS NULL
                             )
                        -- Others write by clocks of their own, which may be ahead.
                        THEN least(job.cancelled_at, timezone('UTC', now())) + interval '25 seconds'
                      END AS until
             ) AS held
         ),
         -- One more than there were, unless the tables of Python could not hold it. A number that somebody
         -- else has put above that stays: no job of a page may fail the statement for the others.
         max_attempts = greatest(max_attempts, least(attempt, 32766) + 1),
         completed_at = NULL,
         cancelled_at = NULL,
         discarded_at = NULL
   WHERE /*filter*/ state NOT IN ('available', 'executing')
     AND id > $2::text::bigint
     AND id <= (SELECT max(id) FROM target)
  RETURNING id, queue, state
),
woken AS (
  SELECT DISTINCT queue
    FROM retried
   WHERE state = 'available'
),
announced AS (
  SELECT pg_notify($4::text, json_build_object('queue', queue)::text)
    FROM woken
   WHERE $4::text IS NOT NULL
)
SELECT json_build_object(
         'count', (SELECT count(*) FROM retried),
         'last', (SELECT max(id) FROM retried),
         'bound', (SELECT id FROM newest),
         'announced', (SELECT count(*) FROM announced),
         'executing', '[]'::json,
         'queues', (SELECT coalesce(json_agg(queue), '[]') FROM woken)
       )::text AS answer
