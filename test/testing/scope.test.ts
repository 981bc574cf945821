import { randomBytes } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { Oban } from '../../src/oban.ts'
import { cancel, defineWorker, record, snooze } from '../../src/index.ts'
import type { ObanOptions } from '../../src/index.ts'
import { withTestingMode } from '../../src/testing/index.ts'

/** An instance that has no database. */
function detached(options: ObanOptions = {}): Oban {
  const name = `test-${randomBytes(6).toString('hex')}`
  const oban = new Oban({ name, logger: false, ...options })
  onTestFinished(() => oban.stop())

  return oban
}

const Greet = defineWorker({
  name: 'Scope.Greet',
  args: z.object({ name: z.string(), at: z.coerce.date().optional() }),
  process({ args }) {
    if (args.name === 'nobody') return cancel('nobody is there')
    if (args.name === 'later') return snooze({ minutes: 1 })
    if (args.name === 'boom') throw new Error('boom')

    return record({ greeting: `hello ${args.name}`, at: args.at })
  },
})

describe('withTestingMode', () => {
  test('runs a job within enqueue, without a database', async () => {
    const job = await withTestingMode('inline', () =>
      Greet.enqueue({ name: 'Ada' }, { oban: detached() }),
    )

    expect(job).toMatchObject({ state: 'completed', attempt: 1, worker: 'Scope.Greet', errors: [] })
    expect(job.recorded).toEqual({ greeting: 'hello Ada' })
  })
})
