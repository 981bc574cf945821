-- Make a row for each entry that has none, and tell the time: which minute it is, and how much of it has
-- passed. A new entry begins with the minute after this one, so that nothing is inserted for the past;
-- one of @reboot, which is about this very start, begins with this one. So does an entry that ran last in a
-- time that lies hours ahead begin anew: the clock was wrong then, and has been set right since. A smaller
-- step back is waited out, as its minutes have been dealt with.
-- $1 instance  text
-- $2 names     text[]
-- $3 reboots   text[]       those of them that are @reboot
-- $4 ahead     double precision  seconds that are taken for a clock that was wrong
-- $5 now       timestamptz  null for the server's clock
WITH clock AS (
  SELECT timezone('UTC', coalesce($5::timestamptz, now())) AS now
),
astray AS MATERIALIZED (
  SELECT cron.name
    FROM /*prefix*/oban_ts_crons AS cron
   CROSS JOIN clock
   WHERE cron.instance = $1
     AND cron.name = ANY ($2::text[])
     AND cron.last_at > clock.now + make_interval(secs => $4)
   ORDER BY cron.name
     FOR UPDATE OF cron SKIP LOCKED
),
corrected AS (
  UPDATE /*prefix*/oban_ts_crons AS cron
     SET last_at = date_trunc('minute', clock.now)
    FROM astray
   CROSS JOIN clock
   WHERE cron.instance = $1
     AND cron.name = astray.name
),
registered AS (
  INSERT INTO /*prefix*/oban_ts_crons (instance, name, last_at)
  SELECT $1, entry.name,
         date_trunc('minute', clock.now)
           - CASE WHEN entry.name = ANY ($3::text[]) THEN interval '1 minute' ELSE interval '0' END
    FROM clock
   CROSS JOIN unnest($2::text[]) AS entry (name)
   ORDER BY entry.name
      ON CONFLICT DO NOTHING
)
SELECT (extract(epoch FROM date_trunc('minute', clock.now)) * 1000)::bigint AS minute_ms,
       (extract(epoch FROM clock.now - date_trunc('minute', clock.now)) * 1000)::bigint AS passed_ms
  FROM clock
