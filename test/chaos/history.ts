/**
 * What happened to each row, written by triggers in the transaction of the change itself: it cannot be
 * missed, and it is there exactly when the change has landed.
 */
import type { QueryResultRow } from 'pg'
import type { JobState } from '../../src/job.ts'
import { groupBy } from './group-by.ts'

type Query = <Row extends QueryResultRow>(text: string) => Promise<Row[]>

/** A row of `oban_jobs` right after a change. */
export interface Change {
  readonly id: number
  readonly atMs: number
  readonly worker: string
  readonly queue: string
  readonly state: JobState
  readonly attempt: number
  readonly node: string | null
  readonly uuid: string | null
  readonly attemptedAt: string | null
  readonly claimedAtMs: number | null
  readonly meta: {
    readonly rescued?: number
    readonly snoozed?: number
    readonly return?: string
    readonly cron_name?: string
    /** The minute that a periodic job is for. */
    readonly cron_at?: string
  }
  /** What each of its errors says. */
  readonly errors: readonly string[]
}

/** A producer that was declared dead. */
export interface Death {
  readonly atMs: number
  readonly uuid: string
  readonly node: string
}

/** What became of the place of the leader. */
export interface Term {
  readonly atMs: number
  readonly node: string
  readonly electedAtMs: number
  /** Until when it leads unless it renews; missing when it gave the place up. */
  readonly untilMs: number | null
}

/** Between two states of a row under one claim. */
export interface Claim {
  readonly claim: Change
  /** The change that ended it; missing while it is executing. */
  readonly end: Change | undefined
}

const INSTALL = `
CREATE TABLE chaos_changes AS
  SELECT 0::bigint AS seq, now() AS at, NULL::jsonb AS errored, * FROM oban_jobs LIMIT 0;
CREATE SEQUENCE chaos_seq;
CREATE FUNCTION chaos_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chaos_changes
  SELECT nextval('chaos_seq'), clock_timestamp(), to_jsonb(NEW.errors), NEW.*;
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_change AFTER INSERT OR UPDATE ON oban_jobs
  FOR EACH ROW EXECUTE FUNCTION chaos_change();

CREATE TABLE chaos_deaths (at timestamptz, uuid text, node text);
CREATE FUNCTION chaos_death() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chaos_deaths VALUES (clock_timestamp(), NEW.uuid, NEW.node);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_death AFTER UPDATE ON oban_ts_producers
  FOR EACH ROW WHEN (OLD.dead_at IS NULL AND NEW.dead_at IS NOT NULL)
  EXECUTE FUNCTION chaos_death();

CREATE TABLE chaos_terms (
  seq bigserial, at timestamptz, node text, elected_at timestamp, expires_at timestamp
);
CREATE FUNCTION chaos_term() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO chaos_terms (at, node, elected_at) VALUES (clock_timestamp(), OLD.node, OLD.elected_at);
  ELSE
    INSERT INTO chaos_terms (at, node, elected_at, expires_at)
    VALUES (clock_timestamp(), NEW.node, NEW.elected_at, NEW.expires_at);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_term AFTER INSERT OR UPDATE OR DELETE ON oban_ts_leaders
  FOR EACH ROW EXECUTE FUNCTION chaos_term();
`

const CHANGES = `
SELECT id::integer, (extract(epoch FROM at) * 1000)::float8 AS "atMs", worker, queue, state::text,
       attempt, attempted_by[1] AS node, attempted_by[2] AS uuid, attempted_at::text AS "attemptedAt",
       floor(extract(epoch FROM attempted_at) * 1000)::float8 AS "claimedAtMs", meta,
       ARRAY(SELECT error ->> 'error' FROM jsonb_array_elements(errored) AS error) AS errors
  FROM chaos_changes
 ORDER BY seq
`

const DEATHS = `
SELECT (extract(epoch FROM at) * 1000)::float8 AS "atMs", uuid, node FROM chaos_deaths ORDER BY at
`

const TERMS = `
SELECT (extract(epoch FROM at) * 1000)::float8 AS "atMs", node,
       (extract(epoch FROM elected_at) * 1000)::float8 AS "electedAtMs",
       (extract(epoch FROM expires_at) * 1000)::float8 AS "untilMs"
  FROM chaos_terms
 ORDER BY seq
`

export async function recordHistory(query: Query): Promise<void> {
  await query(INSTALL)
}

export async function readChanges(query: Query): Promise<Change[]> {
  return query<Change & QueryResultRow>(CHANGES)
}

export async function readDeaths(query: Query): Promise<Death[]> {
  return query<Death & QueryResultRow>(DEATHS)
}

export async function readTerms(query: Query): Promise<Term[]> {
  return query<Term & QueryResultRow>(TERMS)
}

export function changesByJob(changes: readonly Change[]): Map<number, Change[]> {
  return groupBy(changes, ({ id }) => id)
}

/** The claims of one job, from its changes in order. */
export function claimsOf(changes: readonly Change[]): Claim[] {
  return changes.flatMap((claim, index) => {
    const isClaim =
      claim.state === 'executing' && claim.attemptedAt !== changes[index - 1]?.attemptedAt
    if (!isClaim) return []
    const end = changes
      .slice(index + 1)
      .find(({ state, attemptedAt }) => state !== 'executing' || attemptedAt !== claim.attemptedAt)

    return [{ claim, end }]
  })
}
