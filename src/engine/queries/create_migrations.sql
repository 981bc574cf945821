-- The history of a schema: what ran, and whether what it makes was there before, made by others.
CREATE TABLE /*prefix*/oban_ts_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  adopted boolean NOT NULL DEFAULT false,
  applied_at timestamp NOT NULL DEFAULT timezone('UTC', now())
)
