-- Every producer of every TypeScript node, with the beat by which its life is judged.
SELECT uuid, beat, dead_at IS NOT NULL AS dead
  FROM /*prefix*/oban_ts_producers
