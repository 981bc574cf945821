-- Producers of ours that showed life within a minute, with the seconds since their last heartbeat.
SELECT name, node, queue,
       greatest(0, round(extract(epoch FROM timezone('UTC', now()) - updated_at))) AS age
  FROM /*prefix*/oban_ts_producers
 WHERE dead_at IS NULL
   AND updated_at > timezone('UTC', now()) - interval '60 seconds'
 ORDER BY node, name, queue
