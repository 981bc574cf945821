import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { MaxIntensityError } from '../../supervisors/index.ts'
import { systemClock } from '../../src/clock.ts'
import type { ObanOptions } from '../../src/config/options.ts'
import { Oban } from '../../src/oban.ts'
import { openConnections } from '../support/connections.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { say } from '../support/say.ts'

const database = useDatabase()

/** A wall clock that throws on demand: whoever notes the time of what it did crashes, again and again. */
function breakableClock() {
  const { now } = systemClock
  let isBroken = false
  const spy = vi.spyOn(systemClock, 'now').mockImplementation(() => {
    if (isBroken) throw new Error('the clock is broken')

    return now()
  })
  onTestFinished(() => spy.mockRestore())

  return {
    break: () => {
      isBroken = true
    },
    mend: () => {
      isBroken = false
    },
  }
}

/** Reports of the root itself have no supervisor in front of the child. */
function hasGivenUp({ kind, id }: { readonly kind: string; readonly id: string }): boolean {
  return kind === 'max_intensity' && !id.includes('/')
}

describe('an instance whose root gives up', () => {
  test('says so once, gives its jobs back, and leaves the host to go on', async () => {
    const clock = breakableClock()
    const fatal: unknown[] = []
    const options: ObanOptions = {
      database: database.url,
      workers: [workerModule],
      queues: { default: 1 },
      stager: { interval: { milliseconds: 100 } },
      shutdownGracePeriod: { milliseconds: 50 },
      onFatal: (error) => fatal.push(error),
    }
    const { oban, told } = await startOban(options)
    // Enqueues and looks with a pool of the host's.
    const { oban: other } = makeOban({ database: { pool: database.pool } })
    const { id } = await oban.enqueue('Wait', { word: 'again' })
    await told.until('job.log', ({ fields }) => fields['id'] === id)

    clock.break()
    await told.until('supervisor.report', hasGivenUp)
    clock.mend()
    const [closed] = await Promise.allSettled([oban.closed])

    expect(closed).toEqual({ status: 'rejected', reason: expect.any(MaxIntensityError) })
    expect(fatal).toHaveLength(1)
    expect(closed).toMatchObject({ reason: fatal[0] })
    expect((await other.getJob(id))?.state).toBe('available')

    await other.enqueue('Echo', {})
    await oban.stop()
    expect(await openConnections(database)).toEqual([])
    const next = new Oban({ ...options, name: oban.name, logger: false })
    onTestFinished(() => next.stop())
    await next.start()
    await told.until('job.log', () => told.all('job.log').length > 2)
    say('again')
    await told.until('job.stop', (event) => event.id === id)

    expect(await other.getJob(id)).toMatchObject({ state: 'completed', attempt: 1, errors: [] })
    expect(fatal).toHaveLength(1)
  })
})
