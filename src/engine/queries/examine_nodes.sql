-- Producers, leaders and cron entries of our nodes, as their rows tell them.
SELECT json_build_object(
         'producers', (
           SELECT coalesce(json_agg(json_build_object(
                    'uuid', uuid,
                    'name', name,
                    'node', node,
                    'queue', queue,
                    'isDead', dead_at IS NOT NULL,
                    'silentSeconds', greatest(
                      0, extract(epoch FROM timezone('UTC', now()) - updated_at))
                  ) ORDER BY node, name, queue), '[]')
             FROM /*prefix*/oban_ts_producers
         ),
         'leaders', (
           SELECT coalesce(json_agg(json_build_object(
                    'name', name,
                    'node', node,
                    'leftSeconds', extract(epoch FROM expires_at - timezone('UTC', now()))
                  ) ORDER BY name), '[]')
             FROM /*prefix*/oban_ts_leaders
         ),
         'crons', (
           SELECT coalesce(json_agg(json_build_object(
                    'instance', entry.instance,
                    'count', entry.count,
                    'lastSeconds', extract(epoch FROM timezone('UTC', now()) - entry.last_at)
                  ) ORDER BY entry.instance), '[]')
             FROM (
               SELECT instance, count(*) AS count, max(last_at) AS last_at
                 FROM /*prefix*/oban_ts_crons
                GROUP BY instance
             ) AS entry
         )
       )::text AS facts
