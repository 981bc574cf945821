-- Make a row for each entry that has none, and tell the time: which minute it is, and how much of it has
-- passed. A new entry begins with the minute after this one, so that nothing is inserted for the past;
-- one of @reboot, which is about this very start, begins with this one.
-- $1 instance  text
-- $2 names     text[]
-- $3 reboots   text[]       those of them that are @reboot
-- $4 now       timestamptz  null for the server's clock
WITH clock AS (
  SELECT timezone('UTC', coalesce($4::timestamptz, now())) AS now
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
