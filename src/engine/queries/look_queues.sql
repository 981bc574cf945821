-- What the database has of some queues, and who leads. Each count ends at a bound, and each number
-- comes from an index, however many jobs there are. The oldest job is sought in one priority after the
-- other, as the index has them apart.
-- $1 name    text
-- $2 queues  text[]
-- $3 bound   integer  no count goes higher
WITH RECURSIVE heads AS (
  SELECT name AS queue, head.priority, head.scheduled_at
    FROM unnest($2::text[]) AS name
   CROSS JOIN LATERAL (
           SELECT priority, scheduled_at
             FROM /*prefix*/oban_jobs
            WHERE state = 'available' AND queue = name
            ORDER BY priority, scheduled_at
            LIMIT 1
         ) AS head
   UNION ALL
  SELECT heads.queue, next.priority, next.scheduled_at
    FROM heads
   CROSS JOIN LATERAL (
           SELECT priority, scheduled_at
             FROM /*prefix*/oban_jobs
            WHERE state = 'available' AND queue = heads.queue AND priority > heads.priority
            ORDER BY priority, scheduled_at
            LIMIT 1
         ) AS next
),
oldest AS (
  SELECT queue, min(scheduled_at) AS scheduled_at
    FROM heads
   GROUP BY queue
)
SELECT (
         SELECT node
           FROM /*prefix*/oban_ts_leaders
          WHERE name = $1 AND expires_at > timezone('UTC', now())
       ) AS leader,
       (
         SELECT coalesce(json_agg(json_build_object(
                  'queue', name,
                  'available', (
                    SELECT count(*)
                      FROM (SELECT FROM /*prefix*/oban_jobs
                             WHERE state = 'available' AND oban_jobs.queue = name
                             ORDER BY priority
                             LIMIT $3::integer) AS bounded
                  ),
                  'executing', (
                    SELECT count(*)
                      FROM (SELECT FROM /*prefix*/oban_jobs
                             WHERE state = 'executing' AND oban_jobs.queue = name
                             ORDER BY priority
                             LIMIT $3::integer) AS bounded
                  ),
                  -- Other programs may write 'infinity', from which nothing is subtracted before PostgreSQL 17.
                  'oldestAvailableSeconds', (
                    SELECT extract(epoch FROM timezone('UTC', now())
                             - least(greatest(scheduled_at, 'epoch'), timezone('UTC', now())))
                      FROM oldest
                     WHERE oldest.queue = name
                  )
                )), '[]')
           FROM unnest($2::text[]) AS name
       ) AS queues
