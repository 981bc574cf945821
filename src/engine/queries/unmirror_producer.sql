-- Take a stopped producer out of the table that Oban Pro and oban-py judge by.
-- $1 uuid  uuid
DELETE FROM /*prefix*/oban_producers WHERE uuid = $1::uuid
