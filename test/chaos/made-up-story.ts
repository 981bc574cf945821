/** Parts of stories that never happened, to see the invariants judge them. Times are seconds from a start. */
import type { Change, Death, Term } from './history.ts'
import type { Run } from './ledger.ts'
import type { NodeEvent } from './node-process.ts'
import type { Fault, Life, Story } from './story.ts'

const START_MS = Date.parse('2030-01-01T00:00:00Z')

export function at(seconds: number): number {
  return START_MS + seconds * 1_000
}

export function change(seconds: number, fields: Partial<Change> = {}): Change {
  return {
    id: 1,
    atMs: at(seconds),
    worker: 'Chaos.Plain',
    queue: 'default',
    state: 'available',
    attempt: 0,
    node: null,
    uuid: null,
    attemptedAt: null,
    claimedAtMs: null,
    meta: {},
    errors: [],
    ...fields,
  }
}

/** A claim of node `a`. */
export function claim(seconds: number, fields: Partial<Change> = {}): Change {
  return change(seconds, {
    state: 'executing',
    attempt: 1,
    node: 'a',
    uuid: 'uuid-of-a',
    attemptedAt: String(seconds),
    claimedAtMs: at(seconds),
    ...fields,
  })
}

/** The change that ends a claim. */
export function end(of: Change, seconds: number, fields: Partial<Change> = {}): Change {
  return { ...of, atMs: at(seconds), state: 'completed', ...fields }
}

/** A body that node `a` ran under a claim, within a second. */
export function run(of: Change, fields: Partial<Run> = {}): Run {
  const { id, attempt, queue, atMs } = of

  return {
    id,
    attempt,
    queue,
    claimedAtMs: atMs,
    pid: 1,
    thread: 1,
    startedAtMs: atMs + 100,
    endedAtMs: atMs + 900,
    ...fields,
  }
}

export function told(seconds: number, event: string, fields: object = {}): NodeEvent {
  return { event, node: 'a', atMs: at(seconds), ...fields }
}

/** What every node says at its start. */
const SAID = told(1, 'log', {
  line: '[Oban] worker module file:///chaos/broken-module.js did not load: Error: chaos',
})

/** Node `a`, up from 1 to 300. */
export function life(fields: Partial<Life> = {}, more: readonly NodeEvent[] = []): Life {
  return {
    node: 'a',
    pid: 1,
    exit: { atMs: at(301), code: 0 },
    readyAtMs: at(1),
    dismissedAtMs: at(300),
    limits: new Map([['default', 2]]),
    crons: [],
    told: [SAID, ...more],
    ...fields,
  }
}

export function fault(from: number, to: number, node?: string): Fault {
  const hit = node === undefined ? {} : { node }

  return { what: 'a fault', beganAtMs: at(from), overAtMs: at(to), ...hit }
}

export function death(seconds: number): Death {
  return { atMs: at(seconds), uuid: 'uuid-of-a', node: 'a' }
}

/** A lease of 30 seconds. */
export function term(seconds: number, node: string, fields: Partial<Term> = {}): Term {
  return {
    atMs: at(seconds),
    node,
    electedAtMs: at(seconds),
    untilMs: at(seconds + 30),
    ...fields,
  }
}

/** The job of a minute. */
export function ofMinute(id: number, minute: number, lateSeconds = 0.1): Change {
  const cronAt = new Date(at(minute * 60)).toISOString()

  return change(minute * 60 + lateSeconds, { id, meta: { cron_name: 'each', cron_at: cronAt } })
}

/** A job that node `a` claimed at some second, and completed in the next. */
export function done(
  seconds: number,
  fields: Partial<Change> = {},
): Pick<Story, 'changes' | 'runs'> {
  const claimed = claim(seconds, fields)

  return {
    changes: [change(seconds - 0.5, fields), claimed, end(claimed, seconds + 1)],
    runs: [run(claimed)],
  }
}

/** A story in which nothing is wrong, but for what is put in place of its parts. */
export function story(fields: Partial<Story> = {}): Story {
  return {
    ...done(2),
    deaths: [],
    terms: [],
    lives: [life()],
    faults: [],
    sessions: [],
    confirmed: [],
    ...fields,
  }
}
