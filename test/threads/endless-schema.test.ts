import { describe, expect, test } from 'vitest'
import { settled as turn } from '../support/effect.ts'
import { startExecutor } from '../support/executor.ts'

const failed = (error: string) => ({
  kind: 'failed',
  error: expect.stringMatching(error),
  backoffSeconds: expect.any(Number),
})

describe('a schema that does not come to an end', () => {
  const settle: (() => void)[] = []
  const args = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () =>
        new Promise<{ value: unknown }>((resolve) => {
          settle.push(() => {
            resolve({ value: {} })
          })
        }),
    },
  } as const

  test.each(['OBAN_CANCELLED', 'OBAN_SHUTDOWN'] as const)(
    'leaves its place to others when the job is aborted: %s',
    async (code) => {
      let started = 0
      const body = () => {
        started += 1
      }
      const { executor, run, settled } = startExecutor(body, { args })
      const outcome = run()
      await turn()
      executor.abort(1, code)

      expect(await outcome).toEqual({ kind: 'interrupted', suspect: false })
      expect(executor.load).toBe(0)

      // It comes to an end after all.
      for (const end of settle.splice(0)) end()
      await turn()
      expect(started).toBe(0)
      expect(settled).toHaveLength(1)
    },
  )

  test('has the time that the job has', async () => {
    const { executor, run, started } = startExecutor(() => undefined, {
      args,
      timeout: { seconds: 2 },
      backoff: () => 7,
    })
    const outcome = run()
    await turn()
    expect(started).toMatchObject([{ token: 1, timeoutMs: 2_000 }])

    executor.abort(1, 'OBAN_TIMEOUT')
    const error = failed('JobTimeoutError: job timed out after 2000 ms')
    expect(await outcome).toEqual({ ...error, backoffSeconds: 7 })
  })

  test('begins no body when the job has ended by a crash of its thread', async () => {
    let started = 0
    const { executor, run } = startExecutor(
      () => {
        started += 1
      },
      { args },
    )
    const outcome = run()
    await turn()
    executor.crash(1, 'uncaught exception', new Error('from a timer'))
    expect(await outcome).toEqual(failed('JobCrashError'))

    for (const end of settle.splice(0)) end()
    await turn()
    expect(started).toBe(0)
  })
})
