-- Free what dead rows and their index entries take. The indexes are what it is about, so they are cleaned
-- however few the dead rows are; the end of the table is not cut off, which would lock out everybody for
-- a moment; and where somebody else is at it, nothing is done.
VACUUM (INDEX_CLEANUP on, TRUNCATE false, SKIP_LOCKED) /*prefix*/oban_jobs
