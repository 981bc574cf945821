-- What is due next, in the order in which it is staged, however many finished jobs are kept. The name and the
-- columns are oban-py's, so that neither builds it twice.

-- up: concurrently
CREATE INDEX CONCURRENTLY oban_jobs_staging_index
    ON /*prefix*/oban_jobs (scheduled_at, id) INCLUDE (queue)
 WHERE state IN ('scheduled', 'retryable');

-- down
DROP INDEX CONCURRENTLY IF EXISTS /*prefix*/oban_jobs_staging_index;
