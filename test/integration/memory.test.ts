import { expect, onTestFinished, test } from 'vitest'
import { Oban } from '../../src/oban.ts'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { keptBytes } from '../support/heap.ts'

const database = useDatabase()

const CHAINS = 20
const LINKS = 60

/** For each job, whose text alone takes more. */
const LEAK_BYTES = 400

test('jobs that enqueue into their own queue leave nothing in the memory of the node', async () => {
  let atTheEnd: ((value: undefined) => void) | undefined
  let open = 0
  const Link = defineWorker({
    name: 'Link',
    args: typed<{ left: number; text: string }>(),
    process: async (job, { self }) => {
      const { left, text } = job.args
      if (left > 0) await self.enqueue({ left: left - 1, text })
      else if ((open -= 1) === 0) atTheEnd?.(undefined)
    },
  })
  // Without the listener of other tests, which keeps all that it is told.
  const oban = new Oban({
    name: 'memory',
    database: database.url,
    workers: [Link],
    queues: { default: { limit: CHAINS, execution: 'inline' } },
    logger: false,
  })
  onTestFinished(() => oban.stop())
  await oban.start()
  const round = async () => {
    open = CHAINS
    const ended = new Promise((resolve) => {
      atTheEnd = resolve
    })
    const text = 'x'.repeat(1_000)
    await oban.enqueueMany(Array.from({ length: CHAINS }, () => Link.new({ left: LINKS, text })))
    await ended

    return keptBytes()
  }
  await round()
  const before = await round()
  await round()
  const after = await round()

  expect(after - before).toBeLessThan(2 * CHAINS * LINKS * LEAK_BYTES)
}, 180_000)
