-- One row for each periodic job of an instance: the run that was inserted last, at which all nodes meet.

-- up
CREATE TABLE /*prefix*/oban_ts_crons (
  instance text NOT NULL,
  name text NOT NULL,
  -- The minute that the run was for, not the moment at which it was inserted.
  last_at timestamp NOT NULL,
  PRIMARY KEY (instance, name)
) WITH (
  -- An entry of each minute updates its row as often: there is room for it on its page.
  fillfactor = 50
);

-- down
DROP TABLE IF EXISTS /*prefix*/oban_ts_crons;
