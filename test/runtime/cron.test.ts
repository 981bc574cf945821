import { randomBytes } from 'node:crypto'
import { expect, describe, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../src/clock.ts'
import type { CrontabEntry } from '../../src/config/options.ts'
import { nextRun, parseExpression } from '../../src/cron/expression.ts'
import { MINUTE_MS } from '../../src/cron/zone.ts'
import { defineWorker } from '../../src/worker.ts'
import { startCronNode, type CronNode } from '../support/cron-nodes.ts'
import { useDatabase } from '../support/database.ts'
import { listenTo } from '../support/telemetry.ts'

const database = useDatabase()

interface Row {
  readonly worker: string
  readonly name: string
  readonly at: string
}

/** Every periodic job of the workers, as `worker at`, and how often. */
async function runs(worker: string): Promise<string[]> {
  const rows = await database.query<Row>(
    `SELECT meta ->> 'cron_at' AS at FROM oban_jobs WHERE worker = $1 ORDER BY meta ->> 'cron_at', id`,
    [worker],
  )

  return rows.map(({ at }) => at)
}

/** What one instance should have inserted between two instants, of which the first is left out. */
function expected(text: string, timezone: string, fromMs: number, toMs: number): string[] {
  const found: string[] = []
  for (let at = new Date(fromMs); ;) {
    const next = nextRun(parseExpression(text), at, timezone)
    if (next === undefined || next.getTime() > toMs) return found
    found.push(next.toISOString().replace('.000Z', 'Z'))
    at = next
  }
}

/** A system of nodes whose database's clock the test moves. */
function useSystem(crontab: readonly CrontabEntry[], start: string) {
  const instance = `cron-${randomBytes(4).toString('hex')}`
  let nowMs = Date.parse(start)

  return {
    instance,
    at: () => nowMs,
    move: (byMs: number) => {
      nowMs += byMs
    },
    join: (options: Partial<Parameters<typeof startCronNode>[0]> = {}) =>
      startCronNode({
        url: database.url,
        instance,
        crontab,
        now: () => new Date(nowMs),
        ...options,
      }),
  }
}

function uniqueWorker(): string {
  return `Report${randomBytes(4).toString('hex')}`
}

describe('five nodes', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29T00:30Z'],
    ['Europe/Berlin', '2026-10-25T00:00Z'],
    ['America/New_York', '2026-03-08T06:30Z'],
    ['America/New_York', '2026-11-01T05:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T14:30Z'],
  ])(
    'insert one job for each run in %s from %s on',
    async (timezone, start) => {
      const texts = ['*/20 * * * *', '30 2 * * *', '15,45 1-2 * * *']
      const workers = texts.map(uniqueWorker)
      const crontab = texts.map((expression, index) => ({
        expression,
        worker: workers[index] ?? '',
        timezone,
      }))
      const system = useSystem(crontab, start)
      const fromMs = system.at()
      // One of them believes that it is an hour later, and then an hour earlier.
      let isLate = true
      const clock = {
        ...systemClock,
        now: () => new Date(system.at() + (isLate ? 60 : -60) * MINUTE_MS),
      }
      let nodes: CronNode[] = [await system.join({ clock })]
      for (let count = 1; count < 5; count += 1) nodes.push(await system.join())
      for (let minute = 0; minute < 150; minute += 1) {
        await Promise.all(nodes.map(({ tick }) => tick()))
        isLate = minute % 30 > 15
        // A node after the other is replaced.
        if (minute % 10 === 9) {
          const [first, ...rest] = nodes
          await first?.close()
          nodes = [...rest, await system.join()]
        }
        system.move(MINUTE_MS)
      }

      for (const [index, text] of texts.entries()) {
        const due = expected(text, timezone, fromMs, system.at() - MINUTE_MS)
        expect([text, await runs(workers[index] ?? '')]).toEqual([text, due])
      }
    },
    120_000,
  )

  test('insert nothing twice when the clock of the database steps back, or a minute is seen late', async () => {
    const worker = uniqueWorker()
    const system = useSystem([{ expression: '* * * * *', worker }], '2026-01-01T12:00:30Z')
    const nodes = await Promise.all(Array.from({ length: 5 }, () => system.join()))
    const tick = () => Promise.all(nodes.map((node) => node.tick()))
    await tick()
    for (const step of [1, 1, 2, -60, 1, 59, 1]) {
      system.move(step * MINUTE_MS)
      await tick()
    }

    expect(await runs(worker)).toEqual(
      ['12:01', '12:02', '12:03', '12:04', '12:05'].map((time) => `2026-01-01T${time}:00Z`),
    )
  })

  test('go on within a minute when a clock that was eight hours ahead is set right', async () => {
    const worker = uniqueWorker()
    const system = useSystem([{ expression: '* * * * *', worker }], '2026-01-01T12:00:30Z')
    const nodes = await Promise.all(Array.from({ length: 5 }, () => system.join()))
    const tick = () => Promise.all(nodes.map((node) => node.tick()))
    await tick()
    for (const step of [1, 480, 1, -480, 1, 1]) {
      system.move(step * MINUTE_MS)
      await tick()
    }

    expect(await runs(worker)).toEqual(
      // At 12:02 it is seen that the clock was wrong; what may have run by it is not run again.
      ['12:01', '12:03', '12:04', '20:00', '20:01', '20:02'].map(
        (time) => `2026-01-01T${time}:00Z`,
      ),
    )
  })
})

describe('a tick', () => {
  test('says how long the minute still lasts by the clock of the database', async () => {
    const system = useSystem([{ expression: '@daily', worker: 'Report' }], '2026-01-01T12:00:20Z')
    const { waitMs, nextRun: next } = await (await system.join()).tick()

    expect(waitMs).toBeGreaterThan(30_000)
    expect(waitMs).toBeLessThanOrEqual(40_000)
    expect(next).toEqual(new Date('2026-01-02T00:00Z'))
  })

  test('marks its jobs, and announces them with the options of their entry', async () => {
    const worker = uniqueWorker()
    const entry: CrontabEntry = {
      expression: '5 12 * * *',
      worker,
      name: 'lunch',
      args: { soup: true },
      queue: 'kitchen',
      priority: 2,
      maxAttempts: 3,
      tags: ['food'],
      meta: { tenant: 7 },
    }
    const system = useSystem([entry], '2026-01-01T12:04Z')
    const told = listenTo(system.instance)
    const { tick } = await system.join({ timezone: 'Etc/UTC' })
    await tick()
    system.move(MINUTE_MS)
    await tick()
    told.detach()
    const [job] = await database.query(
      `SELECT id::integer, state::text, queue, args, meta, tags, priority, max_attempts,
              scheduled_at <= timezone('UTC', now()) AS is_due
         FROM oban_jobs WHERE worker = $1`,
      [worker],
    )

    expect(job).toMatchObject({
      state: 'available',
      queue: 'kitchen',
      args: { soup: true },
      tags: ['food'],
      priority: 2,
      max_attempts: 3,
      is_due: true,
      meta: {
        tenant: 7,
        cron: true,
        cron_expr: '5 12 * * *',
        cron_tz: 'Etc/UTC',
        cron_name: 'lunch',
        cron_at: '2026-01-01T12:05:00Z',
      },
    })
    expect(told.all('cron.insert').map(({ jobs }) => jobs)).toEqual([
      [
        {
          id: job?.['id'],
          worker,
          queue: 'kitchen',
          name: 'lunch',
          runAt: new Date('2026-01-01T12:05Z'),
        },
      ],
    ])
  })

  test('makes up for the minute before, and for longer only what is guaranteed', async () => {
    const [plain, sure] = [uniqueWorker(), uniqueWorker()]
    const expression = '*/10 * * * *'
    const crontab = [
      { expression, worker: plain },
      { expression, worker: sure, guaranteed: true },
    ]
    const system = useSystem(crontab, '2026-01-01T12:00Z')
    await (await system.join()).tick()
    system.move(11 * MINUTE_MS)
    await (await system.join()).tick()
    // Nobody is there at 12:20, 12:30 and 12:40.
    system.move(34 * MINUTE_MS)
    await (await system.join()).tick()
    await (await system.join()).tick()

    expect([await runs(plain), await runs(sure)]).toEqual([
      ['2026-01-01T12:10:00Z'],
      ['2026-01-01T12:10:00Z', '2026-01-01T12:40:00Z'],
    ])
  })

  test('inserts for @reboot once in a minute in which nodes start, and no more while they run', async () => {
    const worker = uniqueWorker()
    const system = useSystem([{ expression: '@reboot', worker }], '2026-01-01T12:00Z')
    const nodes = await Promise.all(Array.from({ length: 3 }, () => system.join()))
    await Promise.all(nodes.map(({ tick }) => tick()))
    system.move(MINUTE_MS)
    await Promise.all(nodes.map(({ tick }) => tick()))
    expect(await runs(worker)).toEqual(['2026-01-01T12:00:00Z'])
    await (await system.join()).tick()

    expect(await runs(worker)).toEqual(['2026-01-01T12:00:00Z', '2026-01-01T12:01:00Z'])
  })

  test('starts an entry anew when its expression is another', async () => {
    const worker = uniqueWorker()
    const system = useSystem([], '2026-01-01T12:00Z')
    const join = (expression: string) => system.join({ crontab: [{ expression, worker }] })
    await (await join('* * * * *')).tick()
    system.move(MINUTE_MS)
    await (await join('*/1 * * * *')).tick()
    expect(await runs(worker)).toEqual([])
    await (await join('* * * * *')).tick()

    expect(await runs(worker)).toEqual(['2026-01-01T12:01:00Z'])
  })

  test('leaves out one whose arguments are refused, tells it once, and inserts the others', async () => {
    const [name, other] = [uniqueWorker(), uniqueWorker()]
    let isStrict = false
    const args = z.object({}).refine(() => !isStrict, 'is too late')
    const worker = defineWorker({ name, args, process() {} })
    const expression = '* * * * *'
    const crontab = [
      { expression, worker },
      { expression, worker: other },
    ]
    const system = useSystem(crontab, '2026-01-01T12:00Z')
    const told = listenTo(system.instance)
    const { tick } = await system.join()
    await tick()
    isStrict = true
    for (let minute = 0; minute < 3; minute += 1) {
      system.move(MINUTE_MS)
      await tick()
    }
    told.detach()

    expect([(await runs(name)).length, (await runs(other)).length]).toEqual([0, 3])
    expect(told.all('cron.refused')).toMatchObject([
      { worker: name, expression, error: { code: 'OBAN_INVALID_ARGS' } },
    ])
  })

  test('inserts nothing when its transaction fails, and all of it later in the minute', async () => {
    const worker = uniqueWorker()
    const system = useSystem([{ expression: '* * * * *', worker }], '2026-01-01T12:00Z')
    const { tick, runtime } = await system.join()
    await tick()
    system.move(MINUTE_MS)
    await database.query(`ALTER TABLE oban_jobs ADD CONSTRAINT away CHECK (worker <> '${worker}')`)
    await expect(tick()).rejects.toThrow('away')
    await database.query('ALTER TABLE oban_jobs DROP CONSTRAINT away')
    expect(runtime.crontab.owed(system.at())).toHaveLength(1)
    system.move(5_000)
    await tick()

    expect(await runs(worker)).toEqual(['2026-01-01T12:01:00Z'])
  })
})
