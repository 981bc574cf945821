import { describe, expect, test } from 'vitest'
import { startPool as start, type PoolOptions } from '../support/thread-pool.ts'

const suspected = { kind: 'interrupted', suspect: true }

const failed = (error: string) => ({
  kind: 'failed',
  error: expect.stringContaining(error),
  backoffSeconds: expect.any(Number),
})

const memory = { heapBytes: 64 * 2 ** 20, externalBytes: 48 * 2 ** 20 }

/** A job that was on a thread that ended with nobody to blame. */
const suspect = { meta: '{"suspect": true}' }

function startPool(options?: PoolOptions) {
  return start({ modules: ['threads-misbehave.js'], memory, ...options })
}

describe('a job that fills the memory outside of the heap', () => {
  test.each(['Buffers', 'SharedBuffers'])('fails with its thread: %s', async (worker) => {
    const { ended, exits, run } = startPool()

    expect((await ended(run(worker))).outcome).toEqual(failed("outside of V8's heap"))
    expect(exits.items).toMatchObject([{ ending: 'memory' }])
  })

  test('and leaves that behind costs the next one no attempt', async () => {
    const { ended, exits, run } = startPool()
    expect((await ended(run('Leaks'))).outcome).toEqual({ kind: 'completed' })

    expect((await ended(run('Needs'))).outcome).toEqual(suspected)
    expect(exits.items).toMatchObject([{ ending: 'memory' }])
    expect((await ended(run('Needs', {}, suspect))).outcome).toEqual({ kind: 'completed' })
  })

  test('is suspected beside others', async () => {
    const { begun, ended, run } = startPool()
    const other = run('DeafWithoutEnd')
    await begun(other)

    expect((await ended(run('Buffers'))).outcome).toEqual(suspected)
    expect((await ended(other)).outcome).toEqual(suspected)
  })

  test('without a pause is found by the growth of the process, and fails the second time', async () => {
    const { ended, exits, run } = startPool()

    expect((await ended(run('BuffersAtOnce'))).outcome).toEqual(suspected)
    expect(exits.items).toMatchObject([{ ending: 'growth' }])
    expect((await ended(run('BuffersAtOnce', {}, suspect))).outcome).toEqual(
      failed('the process grew'),
    )
  })

  test('without a pause fails the second time beside a thread that says what it holds', async () => {
    const { begun, ended, exits, run } = startPool({ threads: 2 })
    await begun(run('DeafWithoutEnd'))

    expect((await ended(run('BuffersAtOnce', {}, suspect))).outcome).toEqual(
      failed('and nobody else did'),
    )
    expect(exits.items).toMatchObject([{ ending: 'ownGrowth' }])
  })

  test('costs no attempt of a job that computes meanwhile in another thread', async () => {
    const { begun, ended, exits, run } = startPool({ threads: 2 })
    // It was ended once as one that might have been to blame.
    const computing = run('Computes', { ms: 4_000 }, suspect)
    await begun(computing)
    const over = ended(computing)
    for (let time = 0; time < 2; time += 1) {
      await Promise.race([over, ended(run('BuffersAtOnce', {}, suspect))])
    }

    // On a slow machine its thread may be ended as well.
    expect(['completed', 'interrupted']).toContain((await over).outcome.kind)
    expect(exits.items[0]).toMatchObject({ ending: 'growth' })
  })
})
