-- Producers of ours that showed life within a minute, with the seconds since their last heartbeat.
SELECT name, node, queue,
       -- From 'infinity', which somebody may have written, nothing is subtracted before PostgreSQL 17.
       round(extract(epoch FROM timezone('UTC', now()) - least(updated_at, timezone('UTC', now())))) AS age
  FROM /*prefix*/oban_ts_producers
 WHERE dead_at IS NULL
   AND updated_at > timezone('UTC', now()) - interval '60 seconds'
 ORDER BY node, name, queue
