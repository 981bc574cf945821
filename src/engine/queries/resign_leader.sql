-- Give the leadership up and say so, in one transaction: whoever hears of it finds the place free.
-- $1 name        text
-- $2 node        text
-- $3 elected_at  timestamp
-- $4 channel     text  `<prefix>.oban_ts`, null to tell nobody
-- $5 payload     text
WITH resigned AS (
  DELETE FROM /*prefix*/oban_ts_leaders
   WHERE name = $1::text
     AND node = $2::text
     AND elected_at = $3::timestamp
  RETURNING name
)
SELECT pg_notify($4::text, $5::text)
  FROM resigned
 WHERE $4::text IS NOT NULL
