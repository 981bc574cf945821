-- One row for each instance that has a leader: who it is, and until when the others leave it alone.

-- up
CREATE TABLE /*prefix*/oban_ts_leaders (
  name text PRIMARY KEY,
  node text NOT NULL,
  elected_at timestamp NOT NULL,
  expires_at timestamp NOT NULL
) WITH (
  -- As with heartbeats: each renewal finds room on its page, and a vacuum comes soon.
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 100,
  autovacuum_vacuum_cost_delay = 0
);

-- down
DROP TABLE IF EXISTS /*prefix*/oban_ts_leaders;
