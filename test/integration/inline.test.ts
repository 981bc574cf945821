import { beforeEach, describe, expect, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { record } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const startInline = (worker: object, queue: object = {}) =>
  startOban({
    database: database.url,
    workers: [worker],
    queues: { default: { limit: 10, execution: 'inline', ...queue } },
  })

/** A job for `Note` at a time that is an expression of SQL. */
const insert = (n: number, priority: number, at: string) =>
  database.query(
    `INSERT INTO oban_jobs (worker, args, priority, scheduled_at) VALUES ('Note', $1, $2, ${at})`,
    [{ n }, priority],
  )

describe('execution inline', () => {
  test('runs a job on the main thread', async () => {
    const Pid = defineWorker({
      name: 'Pid',
      args: typed<{ n: number }>(),
      process: (job) => record({ n: job.args.n, pid: process.pid }),
    })
    const { oban, told } = await startInline(Pid)
    const { id } = await Pid.enqueue({ n: 1 }, { oban })
    await told.ended(id)

    expect((await Pid.get(id, { oban }))?.recorded).toEqual({ n: 1, pid: process.pid })
  })

  test('runs by priority, then by time, then in the order of insertion', async () => {
    const ran: number[] = []
    const Note = defineWorker({
      name: 'Note',
      args: typed<{ n: number }>(),
      process: (job) => {
        ran.push(job.args.n)
      },
    })
    const later = "timezone('UTC', now())"
    await insert(5, 9, `${later} - interval '1 day'`)
    await insert(3, 1, later)
    await insert(2, 1, `${later} - interval '1 microsecond' * 1e6`)
    await insert(1, 0, later)
    await insert(4, 2, "'2020-01-01 00:00:00.000002'")
    const { told } = await startInline(Note, { limit: 1 })
    await told.count('job.stop', 5)

    expect(ran).toEqual([1, 2, 3, 4, 5])
  })

  test('runs jobs of one priority and time in the order of insertion, within a claim too', async () => {
    const ran: number[] = []
    const Note = defineWorker({
      name: 'Note',
      args: typed<{ n: number }>(),
      process: (job) => {
        ran.push(job.args.n)
      },
    })
    const { oban, told } = await startInline(Note, { limit: 7 })
    const numbers = Array.from({ length: 100 }, (_, n) => n)
    await oban.enqueueMany(numbers.map((n) => Note.new({ n })))
    await told.count('job.stop', 100)

    expect(ran).toEqual(numbers)
  })

  test('never runs more jobs at once than the limit, and always as many', async () => {
    let running = 0
    let most = 0
    const Count = defineWorker({
      name: 'Count',
      process: async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
      },
    })
    const { oban, told } = await startInline(Count, { limit: 3 })
    await oban.enqueueMany(Array.from({ length: 90 }, () => Count.new()))
    await told.count('job.stop', 90)

    expect(most).toBe(3)
  })

  test('runs a job on time', async () => {
    const started: Date[] = []
    const Late = defineWorker({
      name: 'Late',
      process: () => {
        started.push(new Date())
      },
    })
    const { oban, told } = await startInline(Late)
    const { id, scheduledAt } = await Late.enqueue({}, { oban, scheduleIn: { seconds: 1 } })
    const dated = await Late.enqueue({}, { oban, scheduledAt: new Date(Date.now() - 1000) })
    expect(dated.state).toBe('scheduled')
    await told.ended(id)

    // The stager looks each second.
    const lateMs = Number(started.at(-1)) - scheduledAt.getTime()
    expect(lateMs).toBeGreaterThanOrEqual(0)
    expect(lateMs).toBeLessThan(2_500)
    expect(told.all('job.stop').map((job) => job.id)).toEqual([dated.id, id])
  })

  test('cancels a job that waits, so that it never runs', async () => {
    const held = gate()
    const Hold = defineWorker({ name: 'Hold', process: () => held.pass() })
    const { oban, told } = await startInline(Hold, { limit: 1 })
    const first = await Hold.enqueue({}, { oban })
    const second = await Hold.enqueue({}, { oban })
    await held.reached()

    expect(await oban.cancelJob(second.id)).toBe(true)
    expect(await oban.cancelJob(second.id)).toBe(false)
    held.open()
    await told.ended(first.id)
    const third = await Hold.enqueue({}, { oban })
    await told.ended(third.id)

    expect(held.arrived).toBe(2)
    expect(await oban.getJob(second.id)).toMatchObject({
      state: 'cancelled',
      attempt: 0,
      cancelledAt: expect.any(Date),
    })
  })
})
