-- The table of the application. Those of the jobs come from `oban install`.
CREATE TABLE accounts (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL UNIQUE,
  welcomed boolean NOT NULL DEFAULT false
);
