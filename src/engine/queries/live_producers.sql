-- Nodes of ours that showed life within a minute.
SELECT DISTINCT node
  FROM /*prefix*/oban_ts_producers
 WHERE dead_at IS NULL
   AND updated_at > timezone('UTC', now()) - interval '60 seconds'
 ORDER BY node
