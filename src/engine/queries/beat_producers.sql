-- Heartbeat. A plain update: an upsert would bring back a row that was declared dead or deleted.
-- $1 uuids  uuid[]  every producer of this node
UPDATE /*prefix*/oban_ts_producers
   SET beat = beat + 1,
       updated_at = timezone('UTC', now())
 WHERE uuid = ANY ($1::uuid[])
   AND dead_at IS NULL
RETURNING uuid
