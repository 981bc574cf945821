-- Producers of oban-py, of Oban Pro and of ours, where they are shown to each other, that showed life
-- within a minute.
SELECT coalesce(json_agg(json_build_object(
         'uuid', uuid,
         'node', node,
         'queue', queue
       )), '[]')::text AS facts
  FROM /*prefix*/oban_producers
 WHERE updated_at > timezone('UTC', now()) - interval '60 seconds'
