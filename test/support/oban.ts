/** An instance for the running test, stopped at its end. */
import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { Oban } from '../../src/oban.ts'
import type { ObanOptions } from '../../src/config/options.ts'
import { listenTo, type Listener } from './telemetry.ts'

export interface TestOban {
  readonly oban: Oban
  /** What the instance tells. */
  readonly told: Listener
}

/** The module with the workers of the integration tests, for queues with threads. */
export const workerModule = new URL('../fixtures/bodies.js', import.meta.url)

/** Make an instance under a name of its own, which nothing has started. */
export function makeOban(options: ObanOptions): TestOban {
  const name = `test-${randomBytes(6).toString('hex')}`
  const oban = new Oban({ name, logger: false, shutdownGracePeriod: { seconds: 5 }, ...options })
  const told = listenTo(oban.name)
  onTestFinished(async () => {
    await oban.stop()
    told.detach()
  })

  return { oban, told }
}

/** Make an instance and start it. */
export async function startOban(options: ObanOptions): Promise<TestOban> {
  const made = makeOban(options)
  await made.oban.start()

  return made
}
