import { describe, expect, test } from 'vitest'
import type { Change } from './history.ts'
import { sourceOf } from './invariants-host.ts'
import type { Term } from './history.ts'
import { violations, type Story } from './invariants.ts'
import {
  at,
  claim,
  death,
  done,
  end,
  fault,
  life,
  ofMinute,
  run,
  story,
  term,
  told,
} from './made-up-story.ts'

const CLAIM = claim(2)
const AGAIN = claim(10, { attempt: 2, node: 'b', uuid: 'uuid-of-b', meta: { rescued: 1 } })

/** A job of a worker, with one claim that ended like this. */
function ended(fields: Partial<Change>): Partial<Story> {
  const claimed = claim(2, { worker: fields.worker ?? 'Chaos.Plain' })

  return { changes: [claimed, end(claimed, 3, fields)], runs: [run(claimed)] }
}

/** A job whose first claim was given back with its attempt. */
const GIVEN_BACK: Partial<Story> = {
  changes: [
    CLAIM,
    end(CLAIM, 4, { state: 'available', attempt: 0 }),
    claim(10),
    end(claim(10), 11),
  ],
  runs: [run(CLAIM, { endedAtMs: undefined }), run(claim(10))],
}

/** A job that others took from node `a`, which goes on with it. */
const TAKEN: Partial<Story> = {
  changes: [
    CLAIM,
    end(CLAIM, 9, { state: 'available', meta: { rescued: 1 } }),
    AGAIN,
    end(AGAIN, 11),
  ],
  runs: [run(CLAIM, { endedAtMs: at(20) }), run(AGAIN, { pid: 2 })],
  deaths: [death(9)],
}

const figures = {
  handles: { Timeout: 2 },
  threads: 0,
  files: { socket: 20 },
  heapBytes: 0,
  rssBytes: 0,
}

function atRest(more: object): Partial<Story> {
  const start = told(1, 'figures', { at: 'start', ...figures })
  const rest = told(290, 'figures', { at: 'rest', ...figures, ...more })

  return { lives: [life({}, [start, rest])] }
}

function lines(count: number, everySeconds: number): Partial<Story> {
  const written = Array.from({ length: count }, (_, index) =>
    told(20 + index * everySeconds, 'log', { line: `[Oban] a query of stager failed: ${index}` }),
  )

  return { lives: [life({}, written)] }
}

const CRON = { lives: [life({ crons: ['each'] })] }
const JOBS_OF_MINUTES = [1, 2, 3, 4].map((minute) => ofMinute(10 + minute, minute))

/** The jobs of minutes have not run: that is for other invariants. */
function ofMinutes(changes: readonly Change[]): Partial<Story> {
  return { ...CRON, runs: [], changes: changes.flatMap(completed) }
}

function completed(first: Change): Change[] {
  const claimed = claim(241, { id: first.id, meta: first.meta })

  return [first, claimed, end(claimed, 242)]
}

function without(minute: number): Change[] {
  return JOBS_OF_MINUTES.filter(({ id }) => id !== 10 + minute)
}

/** Node `a` says that it leads. */
function leads(terms: readonly Term[], seconds: number): Partial<Story> {
  return { terms, lives: [life({}, [told(seconds, 'peer.election', { leader: true })])] }
}

/** Three jobs at once. */
function crowd(): Partial<Story> {
  const parts = [1, 2, 3].map((id) => done(2, { id }))

  return {
    changes: parts.flatMap(({ changes }) => changes),
    runs: parts.flatMap(({ runs }) => runs),
  }
}

/** The thread of the job that is given back ended before that. */
function cut(cause: string, fields: object = {}): Partial<Story> {
  const exit = told(3.5, 'thread.exit', { cause, queue: 'default', thread: 1, ...fields })

  return { ...GIVEN_BACK, lives: [life({}, [exit])] }
}

/** Node `a` stood still, and had no time to work again. */
const FROZEN = {
  faults: [fault(-9, 6, 'a')],
  lives: [life({ dismissedAtMs: at(15), exit: { atMs: at(16), code: 0 } })],
}

const OVERLAPPING = [fault(40, 50), fault(45, 60), fault(60, 70)]

/** Node `a` has taken another name. */
const NEXT = done(22, { uuid: 'next-uuid-of-a' })

const UNREADY = life({ readyAtMs: Infinity, exit: { atMs: at(12), code: 1 }, told: [] })

const KILLED = life({ exit: { atMs: at(2.5), code: null }, dismissedAtMs: at(2.5) })

const WRONG: ReadonlyArray<readonly [what: string, wrong: Partial<Story>]> = [
  ['was confirmed, and is not there', { confirmed: [1, 7] }],
  ['is left executing, not completed', { changes: [CLAIM], runs: [run(CLAIM)] }],
  ['is left discarded, not completed', ended({ state: 'discarded' })],
  ['is of a worker that nobody knows: Other', ended({ worker: 'Other' })],
  ['has attempt 2, not 1', ended({ attempt: 2 })],
  ['has 1 errors, not 0', ended({ errors: ['JobCrashError: exit'] })],
  [
    'failed for another reason: Error: odd',
    ended({ worker: 'Chaos.Discards', state: 'discarded', errors: ['Error: odd\n at'] }),
  ],
  ['snoozed 3 times', ended({ meta: { snoozed: 3 } })],
  ['lost what it recorded', ended({ worker: 'Chaos.Records' })],
  [
    'changed after it was completed',
    { changes: [CLAIM, end(CLAIM, 3), end(CLAIM, 4)], runs: [run(CLAIM)] },
  ],
  ['was claimed by a producer that was dead', { deaths: [death(1)], faults: [fault(-20, 0, 'a')] }],
  ['was rescued from a, which lives', { ...TAKEN, deaths: [] }],
  ['a was declared dead, and lives', { deaths: [death(100)] }],
  [
    'a was declared dead, and lives',
    { deaths: [death(100)], faults: [{ ...fault(60, 95, 'a'), what: 'clock-forward' }] },
  ],
  ['went from attempt 1 to completed with 2', ended({ attempt: 2 })],
  ['was given back though it had started', { ...GIVEN_BACK, runs: [run(CLAIM), run(claim(10))] }],
  ['vanished from a node that lives', { runs: [run(CLAIM, { endedAtMs: undefined })] }],
  ['ran without a claim', { runs: [run(CLAIM), run(claim(50))] }],
  [
    'ran twice under one claim',
    { runs: [run(CLAIM), run(CLAIM, { startedAtMs: at(2.95), endedAtMs: at(2.99) })] },
  ],
  [
    'ran twice at once',
    { runs: [run(CLAIM), run(CLAIM, { startedAtMs: at(2.5), endedAtMs: at(2.99) })] },
  ],
  [
    'started after its claim had ended as completed',
    { runs: [run(CLAIM, { startedAtMs: at(5), endedAtMs: at(6) })] },
  ],
  ['a ran 3 jobs of default, not 2', crowd()],
  ['b came to lead while a still did', { terms: [term(5, 'a'), term(20, 'b')] }],
  ['a took itself for the leader when it was not', leads([term(5, 'a')], 50)],
  ['a took itself for the leader when it was not', leads([term(5, 'b')], 10)],
  ['a took itself for the leader when it was not', leads([], 10)],
  [
    'a took itself for the leader when it was not',
    leads([term(5, 'a'), term(9, 'a', { untilMs: null })], 10),
  ],
  [
    'is the second of each for 2030-01-01T00:02:00.000Z',
    ofMinutes([...JOBS_OF_MINUTES, ofMinute(20, 2, 5)]),
  ],
  ['each has no job for 2030-01-01T00:03:00.000Z', ofMinutes(without(3))],
  ['came 125000 ms after its minute', ofMinutes([...without(2), ofMinute(20, 2, 125)])],
  ['came -1000 ms after its minute', ofMinutes([...without(2), ofMinute(20, 2, -1)])],
  ['a was back at work Infinity ms after: a fault', { faults: [fault(40, 50)] }],
  ['a was back at work 13000 ms after: a fault', { ...done(62), faults: [fault(40, 50)] }],
  ['a wrote 20 lines in 10000 ms of: a query of stager failed', lines(20, 0.5)],
  ['a did not say that a module does not load', { lives: [life({ told: [] })] }],
  ['a holds 30 handles of Timeout, not 2', atRest({ handles: { Timeout: 30 } })],
  ['a holds 6 handles of TCPSocketWrap, not 0', atRest({ handles: { TCPSocketWrap: 6 } })],
  ['a holds 1 threads, not 0', atRest({ threads: 1 })],
  ['a holds 1 files of pipe, not 0', atRest({ files: { pipe: 1 } })],
  ['a holds 100 MiB more of heapBytes', atRest({ heapBytes: 100 * 2 ** 20 })],
  ['a holds 400 MiB more of rssBytes', atRest({ rssBytes: 400 * 2 ** 20 })],
  [
    'n1 holds 2 sessions of fetch, not 1',
    { sessions: [{ node: 'n1', moment: 'rest', role: 'fetch', sessions: 2 }] },
  ],
  [
    'n1 holds 11 sessions of client, not 10',
    { sessions: [{ node: 'n1', moment: 'rest', role: 'client', sessions: 11 }] },
  ],
  [
    'n1 left 1 sessions of ack behind',
    { sessions: [{ node: 'n1', moment: 'end', role: 'ack', sessions: 1 }] },
  ],
  ['a has not ended', { lives: [life({ exit: undefined })] }],
  ['a ended by itself, with code 0', { lives: [life({ exit: { atMs: at(50), code: 0 } })] }],
  ['a ended by itself, with a signal', { lives: [life({ exit: { atMs: at(50), code: null } })] }],
  ['a ended with code 1', { lives: [life({ exit: { atMs: at(301), code: 1 } })] }],
  ['a took 60000 ms to end', { lives: [life({ exit: { atMs: at(360), code: 0 } })] }],
]

const MISHAPS: ReadonlyArray<readonly [event: string, fields: object]> = [
  ['uncaughtException', {}],
  ['unhandledRejection', {}],
  ['fatal', {}],
  ['cron.refused', {}],
  ['inspector.failed', {}],
  ['telemetry.handler_failed', {}],
  ['warning', { name: 'MaxListenersExceededWarning' }],
  ['supervisor.report', { kind: 'max_intensity' }],
]

const FINE: ReadonlyArray<readonly [what: string, fine: Partial<Story>]> = [
  ['a job that runs once', {}],
  ['a job that is given back as its thread crashed', cut('crash')],
  ['a job that is given back as its thread blocked', cut('unresponsive')],
  ['a job that is taken from a node that was killed', { ...TAKEN, lives: [KILLED] }],
  ['a job that is taken from a node that was frozen', { ...TAKEN, ...FROZEN }],
  [
    'a node that was found dead after some short pauses',
    { deaths: [death(20)], faults: [fault(5, 12, 'a'), fault(13, 19, 'a')], ...NEXT },
  ],
  ['a node that never found its database', { lives: [UNREADY, life()] }],
  ['a leader that follows the one before', leads([term(5, 'b'), term(35, 'a')], 36)],
  [
    'a leader that follows one that gave up',
    leads([term(5, 'b'), term(9, 'b', { untilMs: null }), term(10, 'a')], 11),
  ],
  ['a job for each minute', ofMinutes(JOBS_OF_MINUTES)],
  [
    'no job for a minute without a database',
    { ...ofMinutes(without(3)), faults: [fault(175, 235, 'a')] },
  ],
  ['lines of a second and more', lines(100, 0.6)],
  ['work soon after a fault', { ...done(55), faults: [fault(40, 50)] }],
  ['work soon after the last of several faults', { ...done(75), faults: OVERLAPPING }],
  ['a fault of another node', { faults: [fault(40, 50, 'b')] }],
  ['a node that holds a little more memory', atRest({ heapBytes: 2 ** 20 })],
  ['a node that made a connection later', atRest({ handles: { TCPSocketWrap: 1 } })],
  [
    'a node with a session for each kind of work',
    { sessions: [{ node: 'n1', moment: 'rest', role: 'fetch', sessions: 1 }] },
  ],
  [
    'a node with a pool that enqueues',
    { sessions: [{ node: 'n1', moment: 'rest', role: 'client', sessions: 10 }] },
  ],
  ['a node that was killed', { ...TAKEN, lives: [KILLED], runs: [run(AGAIN, { pid: 2 })] }],
]

describe('the invariants of the chaos tests', () => {
  test.each(WRONG)('find that a job or a node %s', (what, wrong) => {
    expect(violations(story(wrong)).map((violation) => violation.what)).toContain(what)
  })

  test.each(MISHAPS)('find that a host had %s', (event, fields) => {
    const mishap = told(50, event, fields)
    const found = violations(story({ lives: [life({}, [mishap])] }))

    expect(found).toEqual([{ what: `a told of ${JSON.stringify(mishap)}` }])
  })

  test.each(FINE)('have nothing against %s', (_what, fine) => {
    expect(violations(story(fine))).toEqual([])
  })

  test('blame a job that is given back only on its own thread, and on an end that cuts off', () => {
    const wrong = { id: 1, what: 'was given back though it had started' }
    for (const other of [
      cut('crash', { thread: 2 }),
      cut('crash', { queue: 'other' }),
      cut('idle'),
    ]) {
      expect(violations(story(other))).toContainEqual(wrong)
    }
  })

  test.each([
    ['[Oban] a query of acker failed: Error: gone', 'a query of acker failed'],
    [
      '[Oban] 12 others, the last of them: a query of acker failed: Error',
      'a query of acker failed',
    ],
    ['[Oban] thread 3 of queue rough ended (crash): exit', 'thread # of queue rough ended (crash)'],
    ['[Oban] notifications do not arrive … repeated 3 times', 'notifications do not arrive'],
    ['[Oban] supervisor: start_error of pool: Error', 'supervisor start_error of pool'],
  ])('know who wrote: %s', (line, source) => {
    expect(sourceOf(line)).toBe(source)
  })
})
