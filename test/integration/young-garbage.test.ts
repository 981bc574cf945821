import { PerformanceObserver, constants } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'
import { expect, onTestFinished, test } from 'vitest'
import { Oban } from '../../src/oban.ts'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { keptBytes } from '../support/heap.ts'

const database = useDatabase()

const JOBS = 10_000

/** A job whose row alone is moved to the old generation takes twice as much. */
const MOST_BYTES = 400

function oldBytes(): number {
  const spaces = getHeapSpaceStatistics()

  return spaces.find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0
}

/** Counts collections of the whole heap, which hide what reached the old generation. */
function countFull(): () => number {
  let count = 0
  const observer = new PerformanceObserver((list) => {
    const details = list.getEntries().map((entry) => Reflect.get(entry, 'detail'))
    count += details.filter(({ kind }) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length
  })
  observer.observe({ entryTypes: ['gc'] })
  onTestFinished(() => {
    observer.disconnect()
  })

  return () => count
}

test('what a drain leaves behind is collected while it is young', async () => {
  let open = 0
  let ended: (() => void) | undefined
  const Noop = defineWorker({
    name: 'Noop',
    process: async () => {
      open -= 1
      if (open === 0) ended?.()
    },
  })
  const oban = new Oban({
    name: 'young',
    database: database.url,
    workers: [Noop],
    queues: { default: { limit: 100, execution: 'inline' } },
    logger: false,
  })
  onTestFinished(() => oban.stop())
  await oban.start()
  const drain = async (): Promise<void> => {
    open = JOBS
    const done = new Promise<void>((resolve) => {
      ended = resolve
    })
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, args)
       SELECT 'Noop', 'default', jsonb_build_object('text', repeat('x', 100))
         FROM generate_series(1, ${JOBS})`,
    )
    await done
  }
  await drain()

  const fullCollections = countFull()
  let perJob = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round += 1) {
    keptBytes()
    // The observer hears of a collection a turn of the loop later.
    await database.query('SELECT 1')
    const [before, collected] = [oldBytes(), fullCollections()]
    await drain()
    perJob = (oldBytes() - before) / JOBS
    if (fullCollections() === collected) break
  }

  expect(perJob).toBeLessThan(MOST_BYTES)
}, 120_000)
