import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { attach } from '../../src/telemetry/channels.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const JOBS = 2_000
const SCALES = 200

/** The same numbers from 0 to 1 in each run. */
function seeded(seed: number): () => number {
  let state = seed

  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32

    return state / 2 ** 32
  }
}

/** On the clock that the bodies of all threads read. */
const now = () => Number(process.hrtime.bigint()) / 1e6

/** When the body of each job began and ended, when it was handed over, and how many have ended. */
function record(instance: string) {
  const handed = new Map<number, number>()
  const spans: { readonly id: number; readonly from: number; readonly to: number }[] = []
  const ended: number[] = []
  let wanted = { count: Infinity, resolve: () => {} }
  const detach = attach('all', (event) => {
    if (event.instance !== instance) return
    if (event.event === 'job.start') handed.set(event.id, now())
    if (event.event === 'job.log') {
      const { id, from, to } = event.fields
      spans.push({ id: Number(id), from: Number(from), to: Number(to) })
    }
    if (event.event !== 'job.stop') return
    ended.push(event.id)
    if (ended.length >= wanted.count) wanted.resolve()
  })
  onTestFinished(detach)

  return {
    handed,
    spans,
    ended,
    reached: (count: number) =>
      new Promise<void>((resolve) => {
        wanted = { count, resolve }
        if (ended.length >= count) resolve()
      }),
  }
}

/** For each moment at which a body began: how many ran then, itself included. */
function runningAt(spans: readonly { readonly from: number; readonly to: number }[]) {
  const edges = spans
    .flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.step - b.step)
  const counts = new Map<number, number>()
  let running = 0
  for (const { at, step } of edges) {
    running += step
    if (step === 1) counts.set(at, running)
  }

  return counts
}

test.each([
  [1, 0],
  [2, 0],
  [3, 100],
])(
  'scaling 200 times under load loses no job and keeps the limits (seed %d, prefetch %d)',
  async (seed, prefetch) => {
    const random = seeded(seed)
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: { limit: 10, prefetch } },
    })
    const { ended, handed, reached, spans } = record(oban.name)
    const limits = [{ at: now(), limit: 10 }]
    const between = (least: number, most: number) =>
      least + Math.floor(random() * (most - least + 1))
    await oban.enqueueMany(
      Array.from({ length: JOBS }, () => ({
        worker: 'Span',
        args: { ms: between(0, 20) },
        options: {},
      })),
    )
    for (let scale = 1; scale <= SCALES; scale += 1) {
      const limit = between(1, 50)
      limits.push({ at: now(), limit })
      await oban.scaleQueue('default', { limit, threads: between(1, Math.min(4, limit)) })
      await reached((scale * JOBS) / SCALES)
    }

    expect(ended).toHaveLength(JOBS)
    expect(new Set(ended).size).toBe(JOBS)
    expect(spans).toHaveLength(JOBS)
    expect(
      await database.query(
        'SELECT state::text, attempt, count(*)::int FROM oban_jobs GROUP BY 1, 2',
      ),
    ).toEqual([{ state: 'completed', attempt: 1, count: JOBS }])
    expect([told.all('job.exception'), told.all('ack.lost')]).toEqual([[], []])

    // A job starts under the limits that were in force from its hand-over on: it may wait for a thread.
    const counts = runningAt(spans)
    const excess = spans.filter(({ id, from }) => {
      const since = handed.get(id) ?? 0
      const inForce = limits.filter(
        ({ at }, index) => at <= from && (limits[index + 1]?.at ?? Infinity) >= since,
      )

      return (counts.get(from) ?? 0) > Math.max(...inForce.map(({ limit }) => limit))
    })
    expect(excess).toEqual([])
  },
  120_000,
)
