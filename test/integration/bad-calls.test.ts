/** What callers pass is done, or refused with a code and the place of what is wrong; nothing else happens. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Oban } from '../../src/oban.ts'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { type Calls, controlling, defining, enqueueing, managing } from '../support/calls.ts'
import { useDatabase } from '../support/database.ts'
import { hostile } from '../support/hostile.ts'
import { startOban } from '../support/oban.ts'

const database = useDatabase()

const Any = defineWorker({ name: 'Any', args: typed<object>(), process: () => {} })

/** Longer ones are read by nobody, and stored and logged all the same. */
const LONGEST_MESSAGE = 4_000

/** What is wrong with how a call ended; undefined for one that was done, or refused as it should be. */
async function complaint(call: (value: unknown) => unknown, value: unknown): Promise<unknown> {
  try {
    await call(value)

    return undefined
  } catch (error) {
    if (!(error instanceof Error)) return error
    const code = 'code' in error ? String(error.code) : 'no code'
    if (!/^OBAN_[A-Z_]+$/.test(code)) return error.stack

    return error.message.length <= LONGEST_MESSAGE ? undefined : error.message.slice(0, 200)
  }
}

/** Some of all calls with all values; every run draws others. */
function check(calls: Calls, numRuns: number): Promise<void> {
  const draw = fc.tuple(
    fc.constantFrom(...Object.keys(calls)),
    fc.constantFrom(...Object.keys(hostile)),
  )

  return fc.assert(
    fc.asyncProperty(draw, async ([call, value]) => {
      const act = calls[call]
      if (act) expect(await complaint(act, hostile[value])).toBeUndefined()
    }),
    { numRuns },
  )
}

const start = () =>
  startOban({
    database: database.url,
    workers: [Any],
    queues: { idle: { limit: 1, execution: 'inline' } },
  })

/** After all that the instance works, and nothing has stuck to the prototype of all objects. */
async function expectUnharmed(oban: Oban): Promise<void> {
  const { id } = await oban.enqueue(Any.new({}, { queue: 'idle' }))
  await oban.resumeQueue('idle', { localOnly: true })

  expect(await oban.waitForJob(id)).toMatchObject({ state: 'completed' })
  expect(Object.keys(Object.prototype)).toEqual([])
  expect('polluted' in {}).toBe(false)
}

describe('a call with a value that the types would refuse', () => {
  test('enqueues, or says what is wrong', async () => {
    const { oban } = await start()
    await check(enqueueing(oban, Any), 500)
    await expectUnharmed(oban)
  })

  test('manages jobs, or says what is wrong', async () => {
    const { oban } = await start()
    const ended = await oban.enqueue('Any', {}, { queue: 'elsewhere' })
    await oban.cancelJob(ended.id)
    const waiting = await oban.enqueue('Any', {}, { queue: 'elsewhere', scheduleIn: 1e6 })
    await check(managing(oban, ended.id, waiting.id), 500)
    await expectUnharmed(oban)
  })

  test('controls queues, or says what is wrong', async () => {
    const { oban, told } = await start()
    await check(controlling(oban), 400)
    await expectUnharmed(oban)

    expect(told.all('supervisor.report')).toEqual([])
  })

  test('defines workers, or says what is wrong', async () => {
    await check(defining(), 600)
  })
})
