-- The Elixir node that leads, as long as its lease lasts.
SELECT DISTINCT node
  FROM /*prefix*/oban_peers
 WHERE expires_at > timezone('UTC', now())
 ORDER BY node
