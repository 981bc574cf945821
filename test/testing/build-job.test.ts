import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob, typed } from '../../src/index.ts'
import { buildJob } from '../../src/testing/index.ts'

const Resize = defineJob({
  name: 'Build.Resize',
  queue: 'media',
  args: z.object({ path: z.string(), width: z.number().default(80), at: z.coerce.date() }),
})

describe('buildJob', () => {
  test('makes the job that the body would get', async () => {
    const job = await buildJob(Resize, { path: 'a.png', at: '2030-01-31' }, { attempt: 2, id: 42 })

    expect(job).toMatchObject({
      id: 42,
      state: 'executing',
      worker: 'Build.Resize',
      queue: 'media',
      args: { path: 'a.png', width: 80, at: new Date('2030-01-31') },
      attempt: 2,
      maxAttempts: 20,
      errors: [],
      attemptedAt: expect.any(Date),
      completedAt: null,
      cancelled: false,
      recorded: undefined,
    })
  })

  test('makes a job each time anew, with another id', async () => {
    const Bare = defineJob({ name: 'Build.Bare' })
    const ids = await Promise.all([buildJob(Bare), buildJob(Bare)])

    expect(new Set(ids.map(({ id }) => id)).size).toBe(2)
  })

  test('lets code change its meta and complete it, which stores nothing', async () => {
    const job = await buildJob(Resize, { path: 'a.png', at: '2030-01-31' })

    expect(await job.updateMeta({ progress: 40 })).toBe(true)
    await job.complete({ client: { query: () => Promise.resolve([]) } })
    await expect(job.updateMeta(5 as never)).rejects.toThrow('meta: must be an object, got 5')
  })

  test('refuses what no job can be', async () => {
    const Free = defineJob({ name: 'Build.Free', args: typed<{ at: unknown }>() })

    await expect(buildJob(Resize, {} as never)).rejects.toMatchObject({ code: 'OBAN_INVALID_ARGS' })
    await expect(buildJob(Free, { at: 5n })).rejects.toThrow('at: is a BigInt')
    await expect(buildJob({ name: 'X' })).rejects.toThrow(
      `buildJob() needs a worker that defineWorker() made, got { name: 'X' }`,
    )
    await expect(buildJob(Free, { at: 1 }, { withSafety: true } as never)).rejects.toThrow(
      'withSafety: is not an option of buildJob(), which has attempt, id, ',
    )
  })
})
