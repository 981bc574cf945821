-- Nodes of oban-py that led within a minute: their leases last for three seconds, and are renewed each
-- fifteen.
SELECT DISTINCT node
  FROM /*prefix*/oban_leaders
 WHERE expires_at > timezone('UTC', now()) - interval '60 seconds'
 ORDER BY node
