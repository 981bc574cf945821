-- Oban's own tables, with the column types, names and comment of Elixir's migrations at version 14, so that
-- Elixir, Python and Oban Web can join later.

-- up: unless oban_jobs exists
CREATE TYPE /*prefix*/oban_job_state AS ENUM (
  'available',
  'suspended',
  'scheduled',
  'executing',
  'retryable',
  'completed',
  'discarded',
  'cancelled'
);

CREATE TABLE /*prefix*/oban_jobs (
  id bigserial PRIMARY KEY,
  state /*prefix*/oban_job_state NOT NULL DEFAULT 'available',
  queue text NOT NULL DEFAULT 'default',
  worker text NOT NULL,
  args jsonb NOT NULL DEFAULT '{}',
  errors jsonb[] NOT NULL DEFAULT ARRAY[]::jsonb[],
  attempt integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL DEFAULT 20,
  inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  attempted_at timestamp,
  completed_at timestamp,
  attempted_by text[],
  discarded_at timestamp,
  priority integer NOT NULL DEFAULT 0,
  tags text[] DEFAULT '{}',
  meta jsonb DEFAULT '{}',
  cancelled_at timestamp,
  CONSTRAINT worker_length CHECK (char_length(worker) > 0 AND char_length(worker) < 128),
  CONSTRAINT queue_length CHECK (char_length(queue) > 0 AND char_length(queue) < 128),
  CONSTRAINT positive_max_attempts CHECK (max_attempts > 0),
  CONSTRAINT attempt_range CHECK (attempt >= 0 AND attempt <= max_attempts),
  CONSTRAINT non_negative_priority CHECK (priority >= 0)
) WITH (
  -- A job is inserted once and updated at least twice: room on its page keeps the new versions near the old.
  fillfactor = 85,
  -- Each processed job leaves a dead entry at the front of the main index, and every fetch walks over all of
  -- them until a vacuum. The default of 20 % would let a table with a million finished jobs collect 200,000.
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000,
  -- The mix of states turns over within minutes; statistics that miss it make the planner scan.
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_analyze_threshold = 1000,
  -- A throttled vacuum of a busy queue does not finish before the next one is due.
  autovacuum_vacuum_cost_delay = 1,
  autovacuum_vacuum_cost_limit = 2000
);

CREATE INDEX oban_jobs_state_queue_priority_scheduled_at_id_index
    ON /*prefix*/oban_jobs (state, queue, priority, scheduled_at, id)
  WITH (fillfactor = 90);

CREATE INDEX oban_jobs_state_cancelled_at_index ON /*prefix*/oban_jobs (state, cancelled_at);

CREATE INDEX oban_jobs_state_discarded_at_index ON /*prefix*/oban_jobs (state, discarded_at);

CREATE UNLOGGED TABLE /*prefix*/oban_peers (
  name text PRIMARY KEY,
  node text NOT NULL,
  started_at timestamp NOT NULL,
  expires_at timestamp NOT NULL
);

-- Elixir's migrations read their version here, and start from the beginning where it is missing.
COMMENT ON TABLE /*prefix*/oban_jobs IS '14';

-- down
DROP TABLE IF EXISTS /*prefix*/oban_peers;
DROP TABLE IF EXISTS /*prefix*/oban_jobs;
DROP TYPE IF EXISTS /*prefix*/oban_job_state;
