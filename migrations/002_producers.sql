-- One row for each queue that a node runs. Its heartbeat decides whether the node's jobs are rescued.

-- up
CREATE TABLE /*prefix*/oban_ts_producers (
  uuid uuid PRIMARY KEY,
  name text NOT NULL,
  node text NOT NULL,
  queue text NOT NULL,
  beat bigint NOT NULL DEFAULT 0,
  meta jsonb NOT NULL DEFAULT '{}',
  started_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  updated_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  dead_at timestamp
) WITH (
  -- Half of each page stays free, and nothing but the key is indexed: a heartbeat is a HOT update, which the next
  -- one on the page cleans up without a vacuum.
  fillfactor = 50,
  -- A snapshot held elsewhere keeps every heartbeat's old version alive; vacuum soon after it has gone.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 100,
  autovacuum_vacuum_cost_delay = 0
);

-- down
DROP TABLE IF EXISTS /*prefix*/oban_ts_producers;
