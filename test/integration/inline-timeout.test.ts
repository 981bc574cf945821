import { describe, expect, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { startOban } from '../support/oban.ts'

const database = useDatabase()

const startInline = (worker: object) =>
  startOban({
    database: database.url,
    workers: [worker],
    queues: { default: { limit: 1, execution: 'inline' } },
  })

describe('a timeout on the main thread', () => {
  test('fails the body that heeds its signal', async () => {
    const Heeds = defineWorker({
      name: 'Heeds',
      timeout: { milliseconds: 20 },
      process: (_, { signal }) => gate().pass(signal),
    })
    const { oban, told } = await startInline(Heeds)
    const { id } = await Heeds.enqueue({}, { oban })
    const { error } = await told.until('job.exception', (event) => event.id === id)

    expect(`${error}`).toMatch(/^JobTimeoutError: job timed out after 20 ms/)
  })

  test('is told of a body that goes on, which keeps its slot until it ends', async () => {
    const door = gate()
    const Deaf = defineWorker({
      name: 'Deaf',
      timeout: { milliseconds: 20 },
      process: () => door.pass(),
    })
    const { oban, told } = await startInline(Deaf)
    const [first, second] = await oban.enqueueMany([Deaf.new(), Deaf.new()])
    await told.until('job.stuck', ({ id }) => id === first?.id)
    expect(door.arrived).toBe(1)
    door.open()
    await told.ended(second?.id ?? 0)

    // It returned in the end, and did what it was to do.
    expect((await oban.getJob(first?.id ?? 0))?.state).toBe('completed')
  })
})
