-- $1 version  $2 name  $3 adopted
INSERT INTO /*prefix*/oban_ts_migrations (version, name, adopted)
VALUES ($1, $2, $3)
