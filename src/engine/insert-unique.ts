/**
 * Inserts unique jobs, under locks that are held already, and shows what stood in the way of the others.
 *
 * Jobs that keep one rule go in one statement. Jobs of one call that are the same wait for the first of
 * them, and are looked up when it is in the table: what counts as the same is decided in one place.
 */
import { batchesOf } from '../job/batch.ts'
import type { JobRow } from '../job.ts'
import { isFlat, type Likeness, likenessOf, projection } from '../job/likeness.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import type { UniqueRule } from '../unique.ts'
import { ask } from './ask.ts'
import { type Inserted, rowOf } from './insert.ts'
import { inlined, source } from './query.ts'
import { write } from './series.ts'
import { refuseApart } from './unique-locks.ts'

/** Jobs in one statement: each passes over all rows that may stand in the way, so fewer are better. */
const UNIQUE_BATCH_JOBS = 5_000

/** A unique job of a call, and its place in it. */
export interface Candidate {
  readonly ord: number
  readonly job: NewJob
  readonly rule: UniqueRule
  readonly likeness: Likeness
}

/** The unique ones among the jobs of a call. */
export function candidatesOf(jobs: readonly NewJob[]): Candidate[] {
  return jobs.flatMap((job, ord) => {
    const { unique: rule } = job

    return rule === undefined ? [] : [{ ord, job, rule, likeness: likenessOf(job, rule) }]
  })
}

type Values = (string | null)[]

/** What the statement answers. */
export interface UniqueAnswer {
  readonly inserted: readonly Inserted[] | null
  readonly existing: ReadonlyArray<readonly [ord: number, row: JobRow]> | null
  readonly began_at: string
}

/** Sends the statement with these parameters. */
export type SendUnique = (values: Values) => Promise<UniqueAnswer | undefined>

const insertText = source('insert_unique_jobs')
export const inlinedInsert = inlined('insert_unique_jobs')

/** Through a client, in the transaction that has the locks. */
export function throughClient(client: QueryClient, prefix: string): SendUnique {
  return (values) => ask<UniqueAnswer>(client, insertText(prefix), values)
}

export interface InsertUniqueOptions {
  readonly send: SendUnique
  /** Where to announce the queues of available jobs, as part of the same transaction. */
  readonly channel: string | null
  /** The transaction that has the locks; null where the statement itself is sent with them. */
  readonly beganAt: string | null
}

/** What one job is compared by, or several where only the values differ, as parameters. */
function comparison(group: readonly Candidate[], field: 'args' | 'meta'): Values {
  const compared = group[0]?.likeness[field]
  if (!compared) return [null, null, null]
  const { match, like } = compared
  const text = JSON.stringify(like)

  return [
    match,
    match === 'part' ? JSON.stringify(Object.keys(like)) : null,
    group.length === 1 ? text : null,
  ]
}

/** What jobs have in common that are looked up by one statement. */
function groupKey({ ord, rule, likeness }: Candidate): string {
  const { worker, queue, args, meta, shape } = likeness
  // A list or an object contains others than itself: such a job is looked up by itself.
  const alone = isFlat(args) && isFlat(meta) ? null : ord

  return JSON.stringify([worker, queue, shape, alone, rule])
}

/** In groups of at most as many as go into one statement, in the order of their first. */
function groupsOf(candidates: readonly Candidate[]): Candidate[][] {
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const key = groupKey(candidate)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [candidate])
    else group.push(candidate)
  }

  return [...groups.values()].flatMap(batchesWithin)
}

function batchesWithin(group: readonly Candidate[]): Candidate[][] {
  const jobs = group.map(({ job }) => job)
  let end = 0

  return batchesOf(jobs, UNIQUE_BATCH_JOBS).map(({ length }) => group.slice(end, (end += length)))
}

/** By what the jobs have that wait: the states that they will have, or that stand in their way. */
type Waiting = Map<string, Set<string>>

function note(waiting: Waiting, key: string, states: readonly string[]): void {
  const noted = waiting.get(key) ?? new Set()
  waiting.set(key, noted)
  for (const state of states) noted.add(state)
}

/**
 * The jobs that no earlier one of the call, still to be inserted, may stand in the way of, or be looked up
 * without. Two rules may see the same two jobs in different ways.
 */
function readyOf(waiting: readonly Candidate[]): Set<Candidate> {
  const shapes = new Map(waiting.map(({ likeness }) => [likeness.shape, likeness]))
  /** What earlier jobs are, as each shape sees them. */
  const seen: Waiting = new Map()
  /** What stands in the way of earlier jobs, by their own shape. */
  const wanted: Waiting = new Map()

  return new Set(
    waiting.filter(({ job, rule, likeness }) => {
      const views = [...shapes].map(
        ([shape, other]) => [shape, `${shape} ${projection(job, other)}`] as const,
      )
      const own = views.find(([shape]) => shape === likeness.shape)?.[1] ?? ''
      const before = seen.get(own)
      const isReady =
        !rule.states.some((state) => before?.has(state)) &&
        !views.some(([, view]) => wanted.get(view)?.has(job.state))
      for (const [, view] of views) note(seen, view, [job.state])
      note(wanted, own, rule.states)

      return isReady
    }),
  )
}

/** A job as the statement takes it. */
function recordOf({ job, ord }: Candidate) {
  return {
    ord,
    state: job.state,
    worker: job.worker,
    queue: job.queue,
    args: job.args,
    meta: job.meta,
    tags: job.tags,
    priority: job.priority,
    max_attempts: job.maxAttempts,
    scheduled_at: job.scheduledAt,
    schedule_in: job.scheduleInSeconds,
  }
}

function parametersOf(
  group: readonly Candidate[],
  ready: ReadonlySet<Candidate>,
  { channel, beganAt }: InsertUniqueOptions,
): Values {
  const [first] = group
  if (first === undefined) throw new Error('a group of unique jobs is never empty')
  const { rule, likeness } = first
  const records = group.map((candidate) => ({
    ...recordOf(candidate),
    is_ready: ready.has(candidate),
  }))

  return [
    JSON.stringify(records),
    channel,
    String(group.length),
    `{${rule.states.join(',')}}`,
    likeness.worker,
    likeness.queue,
    ...comparison(group, 'args'),
    ...comparison(group, 'meta'),
    rule.periodSeconds === null ? null : String(rule.periodSeconds),
    rule.timestamp,
    beganAt,
  ]
}

/**
 * Insert jobs of which none like it exists.
 *
 * @returns the row of each, stored or found, by its place in the call
 * @throws {ConfigError} when the locks have ended, as the client is in no transaction
 */
export async function insertUnique(
  candidates: readonly Candidate[],
  options: InsertUniqueOptions,
): Promise<Map<number, JobRow>> {
  const rows = new Map<number, JobRow>()
  let waiting = candidates
  while (waiting.length > 0) {
    const ready = readyOf(waiting)
    // The first time nothing is there yet of what the others wait for.
    const asked = rows.size === 0 ? [...ready] : waiting
    for (const group of groupsOf(asked)) {
      const answer = await options.send(parametersOf(group, ready, options))
      if (answer === undefined) throw new Error('the database told nothing of unique jobs')
      if (options.beganAt !== null && answer.began_at !== options.beganAt) refuseApart()
      takeAnswer(rows, group, ready, answer)
    }
    waiting = waiting.filter(({ ord }) => !rows.has(ord))
  }

  return rows
}

function takeAnswer(
  rows: Map<number, JobRow>,
  group: readonly Candidate[],
  ready: ReadonlySet<Candidate>,
  { existing, inserted }: UniqueAnswer,
): void {
  for (const [ord, row] of existing ?? []) rows.set(ord, row)
  const stored = group.filter((candidate) => ready.has(candidate) && !rows.has(candidate.ord))
  // Ids ascend in the order of the jobs.
  for (const [index, { ord, job }] of stored.entries()) {
    const facts = inserted?.[index]
    if (facts === undefined) throw new Error(`the database stored no job for "${job.worker}"`)
    rows.set(ord, rowOf(write(job), facts))
  }
}
