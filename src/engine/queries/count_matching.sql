-- Count the jobs that a filter selects, by state and queue; all of them are read. The conditions of the
-- filter stand in the place of its marker, and bring the only parameters.
SELECT coalesce(
         json_agg(
           json_build_object('state', state, 'queue', queue, 'jobs', jobs)
           ORDER BY state, queue
         ),
         '[]'
       )::text AS counts
  FROM (
         SELECT state, queue, count(*) AS jobs
           FROM /*prefix*/oban_jobs
          WHERE /*filter*/ true
          GROUP BY state, queue
       ) AS lane
