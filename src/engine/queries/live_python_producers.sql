-- Nodes of oban-py (or of Oban Pro) that showed life within a minute.
SELECT DISTINCT node
  FROM /*prefix*/oban_producers
 WHERE updated_at > timezone('UTC', now()) - interval '60 seconds'
 ORDER BY node
