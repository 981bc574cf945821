-- Who leads, for each instance whose lease lasts.
SELECT name, node
  FROM /*prefix*/oban_ts_leaders
 WHERE expires_at > timezone('UTC', now())
 ORDER BY name
