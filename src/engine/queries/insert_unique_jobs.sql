-- Insert jobs of which none like it exists, and answer what exists of the others. All of them keep one
-- rule, whose parts are parameters: the planner folds what does not apply out of the conditions, and plans
-- by the states, worker and queue that do. The locks of the jobs are held already, by a statement before
-- this one, so that this one's snapshot has what others committed under them. The answer is JSON text in one
-- row, because the type parsers of a caller's client are the caller's.
-- One job is looked for by containment, which an index on args can answer. Several are looked for in one
-- pass over the rows that may stand in the way, by a key of each. No join does it: what the planner knows
-- of rows inserted a moment ago, perhaps by this transaction, is wrong, and it would compare each job with
-- each row. An IN inside an OR is always looked up in a hash table.
-- Where the whole meta is compared, the members that name the trace of a job are left out.
-- $1 jobs         jsonb  [{ ord, is_ready (insert it when nothing is found), state, worker, queue, args, meta, tags,
--                           priority, max_attempts, scheduled_at (ISO 8601), schedule_in (seconds) }]
-- $2 channel      text   `<prefix>.oban_insert`, null to announce nothing
-- $3 count        integer  of the jobs
-- $4 states       oban_job_state[]  in which a job stands in the way
-- $5 worker       text   null when workers are not compared
-- $6 queue        text   null when queues are not compared
-- $7 args_match   text   `whole`, `part`, or null when args are not compared
-- $8 args_keys    jsonb  of a part: the keys that all of these jobs have
-- $9 args_like    jsonb  of one job: what is compared
-- $10 meta_match  text   as of args
-- $11 meta_keys   jsonb  as of args
-- $12 meta_like   jsonb  as of args
-- $13 period      float8  seconds, null for ever
-- $14 timestamp   text   `inserted_at` or `scheduled_at`: what the period is counted from
-- $15 began_at    text   microseconds: when the transaction began that holds the locks, or null. In another
--                        one nothing is done
WITH new AS MATERIALIZED (
  SELECT item.ord, item.is_ready, item.state, item.worker, item.queue, item.args, item.meta, item.tags,
         item.priority, item.max_attempts, item.scheduled_at, item.schedule_in,
         CASE WHEN $3::text <> '1' THEN jsonb_build_array(
           CASE $7::text
             WHEN 'whole' THEN item.args
             WHEN 'part' THEN (SELECT jsonb_agg(item.args -> name)
                                 FROM jsonb_array_elements_text($8::text::jsonb) AS name)
           END,
           CASE $10::text
             WHEN 'whole' THEN item.meta - '{traceparent,tracestate,baggage}'::text[]
             WHEN 'part' THEN (SELECT jsonb_agg(item.meta -> name)
                                 FROM jsonb_array_elements_text($11::text::jsonb) AS name)
           END
         ) END AS key
    FROM jsonb_to_recordset($1::text::jsonb) AS item (
           ord integer, is_ready boolean, state text, worker text, queue text, args jsonb, meta jsonb,
           tags jsonb, priority integer, max_attempts integer, scheduled_at timestamptz,
           schedule_in double precision
         )
   WHERE $15::text IS NULL
      OR (extract(epoch FROM now()) * 1000000)::bigint::text = $15::text
),
rival AS (
  SELECT job.id,
         -- An absent key is an object, which no value of a part is.
         CASE WHEN $3::text <> '1' THEN jsonb_build_array(
           CASE $7::text
             WHEN 'whole' THEN job.args
             WHEN 'part' THEN (SELECT jsonb_agg(coalesce(job.args -> name, '{}'))
                                 FROM jsonb_array_elements_text($8::text::jsonb) AS name)
           END,
           CASE $10::text
             WHEN 'whole'
             THEN coalesce(job.meta, '{}') - '{traceparent,tracestate,baggage}'::text[]
             WHEN 'part' THEN (SELECT jsonb_agg(coalesce(job.meta -> name, '{}'))
                                 FROM jsonb_array_elements_text($11::text::jsonb) AS name)
           END
         ) END AS key
    FROM /*prefix*/oban_jobs AS job
   WHERE job.state = ANY ($4::/*prefix*/oban_job_state[])
     AND ($5::text IS NULL OR job.worker = $5::text)
     AND ($6::text IS NULL OR job.queue = $6::text)
     AND ($13::text IS NULL
          OR CASE $14::text WHEN 'scheduled_at' THEN job.scheduled_at ELSE job.inserted_at END
             >= timezone('UTC', now()) - make_interval(secs => $13::text::double precision))
     AND ($9::text IS NULL OR job.args @> $9::text::jsonb)
     AND ($9::text IS NULL OR $7::text = 'part' OR job.args = $9::text::jsonb)
     AND ($12::text IS NULL OR $10::text = 'whole' OR job.meta @> $12::text::jsonb)
     AND ($12::text IS NULL OR $10::text = 'part'
          OR coalesce(job.meta, '{}') - '{traceparent,tracestate,baggage}'::text[] = $12::text::jsonb)
   OFFSET 0
),
hit AS MATERIALIZED (
  SELECT key, max(id) AS id
    FROM rival
   WHERE $3::text = '1'
      OR key IN (SELECT key FROM new)
   GROUP BY key
),
found AS MATERIALIZED (
  SELECT unnest(array_agg(ord) FILTER (WHERE ord IS NOT NULL)) AS ord, max(id) AS id
    FROM (SELECT key, ord, NULL::bigint AS id FROM new
          UNION ALL
          SELECT key, NULL, id FROM hit) AS all_of_a_key
   GROUP BY key
  HAVING max(id) IS NOT NULL
),
inserted AS (
  INSERT INTO /*prefix*/oban_jobs
              (state, worker, queue, args, meta, tags, priority, max_attempts, scheduled_at)
  SELECT new.state::/*prefix*/oban_job_state, new.worker, new.queue, new.args, new.meta,
         ARRAY(SELECT jsonb_array_elements_text(new.tags)), new.priority, new.max_attempts,
         coalesce(
           timezone('UTC', new.scheduled_at),
           timezone('UTC', now()) + make_interval(secs => coalesce(new.schedule_in, 0))
         )
    FROM new
   WHERE new.is_ready
     AND new.ord NOT IN (SELECT ord FROM found)
   ORDER BY new.ord
  RETURNING id, state, queue, inserted_at, scheduled_at
),
existing AS MATERIALIZED (
  SELECT found.ord, job.state::text AS state, job.queue,
         json_build_object(
           'id', job.id::text/*job*/,
           'conflict', true
         ) AS row
    FROM found
    JOIN /*prefix*/oban_jobs AS job
      ON job.id = found.id
),
announced AS (
  SELECT pg_notify($2::text, json_build_object('queue', queue)::text)
    FROM (SELECT queue FROM inserted WHERE state = 'available'
          UNION
          SELECT queue FROM existing WHERE state = 'available') AS q
   WHERE $2::text IS NOT NULL
)
SELECT json_build_object(
         'inserted', (SELECT json_agg(json_build_array(id::text, inserted_at, scheduled_at) ORDER BY id)
                        FROM inserted),
         'existing', (SELECT json_agg(json_build_array(ord, row) ORDER BY ord) FROM existing),
         'began_at', (extract(epoch FROM now()) * 1000000)::bigint::text,
         'announced', (SELECT count(*) FROM announced)
       )::text AS jobs
