-- Win runs for the transaction of their inserts: those after the last one of their entry. Whoever comes
-- second waits for the end of that transaction, and finds them taken, or still to be had.
-- $1 instance  text
-- $2 runs      jsonb  [{ name, at_ms }], milliseconds since 1970
WITH wanted AS (
  SELECT run.name, timezone('UTC', to_timestamp(run.at_ms / 1000.0)) AS at, run.at_ms
    FROM jsonb_to_recordset($2::jsonb) AS run (name text, at_ms bigint)
),
held AS MATERIALIZED (
  SELECT cron.name, cron.last_at
    FROM /*prefix*/oban_ts_crons AS cron
   WHERE cron.instance = $1
     AND cron.name IN (SELECT wanted.name FROM wanted)
   ORDER BY cron.name
     FOR UPDATE
),
won AS (
  SELECT wanted.name, wanted.at, wanted.at_ms
    FROM wanted
    JOIN held ON held.name = wanted.name AND held.last_at < wanted.at
),
moved AS (
  UPDATE /*prefix*/oban_ts_crons AS cron
     SET last_at = latest.at
    FROM (SELECT won.name, max(won.at) AS at FROM won GROUP BY won.name) AS latest
   WHERE cron.instance = $1
     AND cron.name = latest.name
)
SELECT won.name, won.at_ms
  FROM won
 ORDER BY won.at_ms, won.name
