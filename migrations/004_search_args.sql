-- Search by a part of the args. Every insert pays for it, therefore it is an option; Elixir always has it.

-- up: concurrently, optional
CREATE INDEX CONCURRENTLY oban_jobs_args_index ON /*prefix*/oban_jobs USING gin (args);

-- down
DROP INDEX CONCURRENTLY IF EXISTS /*prefix*/oban_jobs_args_index;
