-- Search by a part of the meta, as Oban Web's history of a cron entry does. Elixir always has it.

-- up: concurrently, optional
CREATE INDEX CONCURRENTLY oban_jobs_meta_index ON /*prefix*/oban_jobs USING gin (meta);

-- down
DROP INDEX CONCURRENTLY IF EXISTS /*prefix*/oban_jobs_meta_index;
