-- Producers, leaders and cron entries of our nodes, as their rows tell them. From 'infinity', which
-- somebody may have written, nothing is subtracted before PostgreSQL 17, and JSON has no such number.
SELECT json_build_object(
         'producers', (
           SELECT coalesce(json_agg(json_build_object(
                    'uuid', uuid,
                    'name', name,
                    'node', node,
                    'queue', queue,
                    'isDead', dead_at IS NOT NULL,
                    'silentSeconds', extract(epoch FROM timezone('UTC', now())
                      - least(greatest(updated_at, 'epoch'), timezone('UTC', now())))
                  ) ORDER BY node, name, queue), '[]')
             FROM /*prefix*/oban_ts_producers
         ),
         'leaders', (
           SELECT coalesce(json_agg(json_build_object(
                    'name', name,
                    'node', node,
                    'leftSeconds', extract(epoch FROM
                      least(greatest(expires_at, 'epoch'), timezone('UTC', now()) + interval '1 year')
                      - timezone('UTC', now()))
                  ) ORDER BY name), '[]')
             FROM /*prefix*/oban_ts_leaders
         ),
         'crons', (
           SELECT coalesce(json_agg(json_build_object(
                    'instance', entry.instance,
                    'count', entry.count,
                    'lastSeconds', extract(epoch FROM timezone('UTC', now())
                      - least(greatest(entry.last_at, 'epoch'), timezone('UTC', now())))
                  ) ORDER BY entry.instance), '[]')
             FROM (
               SELECT instance, count(*) AS count, max(last_at) AS last_at
                 FROM /*prefix*/oban_ts_crons
                GROUP BY instance
             ) AS entry
         )
       )::text AS facts
