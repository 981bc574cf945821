-- Every migration that was recorded here, and whether what it makes was there before.
SELECT version, adopted
  FROM /*prefix*/oban_ts_migrations
 ORDER BY version
