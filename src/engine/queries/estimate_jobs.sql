-- How many jobs of a queue the planner believes to be in a state: its plan, as JSON. Nothing is read.
-- $1 state  text
-- $2 queue  text
EXPLAIN (FORMAT JSON)
SELECT
  FROM /*prefix*/oban_jobs
 WHERE state = $1::/*prefix*/oban_job_state AND queue = $2
