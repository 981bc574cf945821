/** Triggers on `oban_jobs` that do nothing until they are turned on. */
import type { Theatre } from '../theatre.ts'
import type { FaultKind } from './fault-kind.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { orLost } from './meddling.ts'

type Query = (text: string) => Promise<unknown>

// What is on ends by itself: the session that would turn it off could be lost.
const INSTALL = `
CREATE TABLE chaos_knobs (name text, chance float8, until timestamptz);
CREATE FUNCTION chaos_is_on(which text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT EXISTS (
    SELECT FROM chaos_knobs
     WHERE name = which AND until > clock_timestamp() AND random() < chance)
$$;

CREATE FUNCTION chaos_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = 'completed' AND chaos_is_on('refuse-completed') THEN
    RAISE EXCEPTION 'chaos refuses job %', NEW.id;
  ELSIF NEW.state = 'executing' AND chaos_is_on('refuse-executing') THEN
    RAISE EXCEPTION 'chaos refuses job %', NEW.id;
  ELSIF chaos_is_on('serialization') THEN
    RAISE EXCEPTION 'chaos found no order' USING ERRCODE = 'serialization_failure';
  ELSIF chaos_is_on('deadlock') THEN
    RAISE EXCEPTION 'chaos found a deadlock' USING ERRCODE = 'deadlock_detected';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER chaos_refuse BEFORE UPDATE ON oban_jobs
  FOR EACH ROW EXECUTE FUNCTION chaos_refuse();

CREATE FUNCTION chaos_linger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF chaos_is_on(replace(current_setting('application_name'), 'oban-ts:', 'linger-')) THEN
    PERFORM pg_sleep(1);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_linger AFTER UPDATE ON oban_jobs
  FOR EACH STATEMENT EXECUTE FUNCTION chaos_linger();
`

export async function prepareSabotage(query: Query): Promise<void> {
  await query(INSTALL)
}

/** Turn a trigger on for a while. */
export async function turnOn(
  { query }: Pick<Theatre, 'query'>,
  knob: string,
  { durationMs, chance = 1 }: { readonly durationMs: number; readonly chance?: number },
): Promise<void> {
  await query(
    `INSERT INTO chaos_knobs
     VALUES ('${knob}', ${chance}, clock_timestamp() + interval '${durationMs} milliseconds')`,
  )
}

function trigger(
  described: Pick<FaultKind, 'lastsMs' | 'name' | 'summary'>,
  knob: string,
  chance = 1,
): FaultKind {
  return {
    ...described,
    aim: 'database',
    strike: async ({ theatre }, { durationMs }) => {
      await orLost(() => turnOn(theatre, knob, { durationMs, chance }))
      await pause(durationMs)
    },
  }
}

export const sabotage = [
  trigger(
    { name: 'refuse-ack', summary: 'a trigger refuses completions', lastsMs: [1_000, 20_000] },
    'refuse-completed',
  ),
  trigger(
    { name: 'refuse-fetch', summary: 'a trigger refuses claims', lastsMs: [1_000, 20_000] },
    'refuse-executing',
  ),
  trigger(
    {
      name: 'serialization',
      summary: 'one change of five fails with 40001, serialization_failure',
      lastsMs: [1_000, 15_000],
    },
    'serialization',
    0.2,
  ),
  trigger(
    {
      name: 'deadlock-errors',
      summary: 'one change of five fails with 40P01, deadlock_detected',
      lastsMs: [1_000, 15_000],
    },
    'deadlock',
    0.2,
  ),
]
