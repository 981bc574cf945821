-- Note that a migration ran, or that what it makes was there before.
-- $1 version  integer    $2 name  text    $3 adopted  boolean
INSERT INTO /*prefix*/oban_ts_migrations (version, name, adopted)
VALUES ($1, $2, $3)
