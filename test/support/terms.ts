/** What became of the leadership of each instance, written by the database itself. */

/** One row for each term, in the order in which the database began them. */
export const history = `
  CREATE TABLE IF NOT EXISTS terms (
    id bigserial, name text, node text, elected_at timestamp, previous_end timestamp
  );
  CREATE OR REPLACE FUNCTION note_term() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'INSERT' THEN
      INSERT INTO terms (name, node, elected_at) VALUES (NEW.name, NEW.node, NEW.elected_at);
    ELSIF NEW.elected_at <> OLD.elected_at THEN
      INSERT INTO terms (name, node, elected_at, previous_end)
      VALUES (NEW.name, NEW.node, NEW.elected_at,
              CASE WHEN OLD.node = NEW.node THEN NULL ELSE OLD.expires_at END);
    END IF;
    RETURN NULL;
  END $$;
  CREATE OR REPLACE TRIGGER note_term AFTER INSERT OR UPDATE ON oban_ts_leaders
    FOR EACH ROW EXECUTE FUNCTION note_term()`

/** Terms that began before the lease of another node had ended. */
export const usurped = 'SELECT id, node FROM terms WHERE elected_at < previous_end'
