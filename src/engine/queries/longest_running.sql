-- The jobs that have been executing for longest, by the index on states. Of more than the bound some are
-- left out.
-- $1 limit  rows
-- $2 bound  integer  executing jobs that are looked at
SELECT id, queue, worker, attempt, attempted_by[1] AS node,
       -- From 'infinity', which other programs may write, nothing is subtracted before PostgreSQL 17.
       extract(epoch FROM timezone('UTC', now()) - least(
         greatest(coalesce(attempted_at, timezone('UTC', now())), 'epoch'), timezone('UTC', now())
       )) AS seconds
  FROM (
         SELECT id, queue, worker, attempt, attempted_by, attempted_at
           FROM /*prefix*/oban_jobs
          WHERE state = 'executing'
          ORDER BY queue
          LIMIT $2::integer
       ) AS running
 ORDER BY attempted_at, id
 LIMIT $1::integer
