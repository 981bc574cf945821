-- Delete a page of jobs that are not executing. The conditions of the filter stand in the place of its
-- marker; their parameters follow these.
-- $1 limit    rows
-- $2 after    bigint  the last id of the page before, 0 for the first
-- $3 bound    bigint  no job above it, null for the newest that there is
-- $4 channel  text    always null: nobody is told
WITH newest AS (
  SELECT coalesce($3::text::bigint, max(id)) AS id
    FROM /*prefix*/oban_jobs
   WHERE $4::text IS NULL
),
target AS (
  SELECT id
    FROM /*prefix*/oban_jobs
   WHERE /*filter*/ state <> 'executing'
     AND id > $2::text::bigint
     AND id <= (SELECT id FROM newest)
   ORDER BY id
   LIMIT $1::text::integer
     FOR UPDATE
),
-- By the conditions of the page, not by its ids: as in cancel_jobs.sql.
deleted AS (
  DELETE FROM /*prefix*/oban_jobs
   WHERE /*filter*/ state <> 'executing'
     AND id > $2::text::bigint
     AND id <= (SELECT max(id) FROM target)
  RETURNING id
)
SELECT json_build_object(
         'count', (SELECT count(*) FROM deleted),
         'last', (SELECT max(id) FROM deleted),
         'bound', (SELECT id FROM newest),
         'executing', '[]'::json,
         'queues', '[]'::json
       )::text AS answer
