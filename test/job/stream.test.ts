import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/deferred.ts'
import { StreamInsertError } from '../../src/errors.ts'
import { insertion } from '../../src/job/insertion.ts'
import type { NewJobRequest } from '../../src/job/new-job.ts'
import { jobRow } from '../support/job-row.ts'

const request = (n: number, options = {}): NewJobRequest => ({ worker: 'W', args: { n }, options })

/** A store that notes how many jobs it is sent at a time. */
function startInsertion(store: (batch: number) => Promise<void> | void = () => {}) {
  const batches: number[] = []
  const enqueuer = insertion({
    name: 'Oban',
    maxArgsBytes: undefined,
    store: {
      async insert(jobs) {
        batches.push(jobs.length)
        await store(batches.length)

        return jobs.map(() => jobRow({}))
      },
      find: async () => undefined,
      cancel: async () => false,
      change: async () => undefined,
    },
  })

  return { batches, enqueuer }
}

/** A source that notes how far it was asked, and that it was ended. */
function startSource(count: number, at = (n: number) => request(n)) {
  const seen = { asked: 0, ended: false }
  async function* make() {
    try {
      for (let n = 0; n < count; n += 1) {
        seen.asked = n + 1
        yield at(n)
      }
    } finally {
      seen.ended = true
    }
  }

  return { seen, requests: make() }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }

  return expect.unreachable()
}

describe('a stream', () => {
  test('is asked for no more than what is stored and one batch', async () => {
    const [stored, more] = [deferred(), deferred()]
    const { batches, enqueuer } = startInsertion((batch) => {
      if (batch === 2) stored.resolve()

      return batch === 2 ? more.promise : undefined
    })
    const { seen, requests } = startSource(2_500)
    const done = enqueuer.enqueueMany(requests)
    await stored.promise
    expect(seen.asked).toBe(2_000)

    more.resolve()
    expect(await done).toEqual({ inserted: 2_500, conflicts: 0 })
    expect(batches).toEqual([1_000, 1_000, 500])
  })

  test('has smaller batches when its jobs are large', async () => {
    const { batches, enqueuer } = startInsertion()
    const large = 'x'.repeat(3_000_000)
    const { requests } = startSource(7, () => ({ worker: 'W', args: { large }, options: {} }))

    expect(await enqueuer.enqueueMany(requests)).toEqual({ inserted: 7, conflicts: 0 })
    expect(batches).toEqual([3, 3, 1])
  })

  test('stores nothing when it is empty', async () => {
    const { batches, enqueuer } = startInsertion()

    expect(await enqueuer.enqueueMany(startSource(0).requests)).toEqual({
      inserted: 0,
      conflicts: 0,
    })
    expect(batches).toEqual([])
  })

  test('is ended when a batch cannot be stored, and the error says what is', async () => {
    const cause = new Error('connection lost')
    const { enqueuer } = startInsertion((batch) =>
      batch === 3 ? Promise.reject(cause) : undefined,
    )
    const { seen, requests } = startSource(5_000)
    const error = await failure(enqueuer.enqueueMany(requests))

    expect(error).toEqual(new StreamInsertError({ inserted: 2_000, conflicts: 0 }, { cause }))
    expect(error).toMatchObject({
      code: 'OBAN_STREAM_INSERT',
      inserted: 2_000,
      cause,
      message: 'a stream of jobs ended after 2000 were stored: connection lost',
    })
    expect(seen).toEqual({ asked: 3_000, ended: true })
  })

  test('is ended at the first job that cannot be stored', async () => {
    const { batches, enqueuer } = startInsertion()
    const { seen, requests } = startSource(5_000, (n) =>
      request(n, { priority: n === 1_200 ? 10 : 0 }),
    )
    const error = await failure(enqueuer.enqueueMany(requests))

    expect(error).toMatchObject({ inserted: 1_000, cause: { code: 'OBAN_INVALID_JOB' } })
    expect(seen).toEqual({ asked: 1_201, ended: true })
    expect(batches).toEqual([1_000])
  })

  test('may itself throw: what it gave since the last batch is not stored', async () => {
    const { enqueuer } = startInsertion()
    const thrown = new Error('the file ends here')
    const { requests } = startSource(1_500, (n) => {
      if (n === 1_300) throw thrown

      return request(n)
    })

    expect(await failure(enqueuer.enqueueMany(requests))).toMatchObject({
      inserted: 1_000,
      cause: thrown,
    })
  })

  test('is all or nothing when atomic, and then fails with the reason itself', async () => {
    const { batches, enqueuer } = startInsertion()
    const refused = startSource(1_500, (n) => request(n, { priority: n === 1_400 ? 10 : 0 }))
    const atomic = true
    const error = await failure(enqueuer.enqueueMany(refused.requests, { atomic }))
    expect(error).toMatchObject({ code: 'OBAN_INVALID_JOB' })
    expect(batches).toEqual([])
    expect(refused.seen.ended).toBe(true)

    await enqueuer.enqueueMany(startSource(1_500).requests, { atomic })
    expect(batches).toEqual([1_500])
  })

  test('goes in batches to a client, whose transaction makes it all or nothing', async () => {
    const { batches, enqueuer } = startInsertion()
    const client = { query: async () => [] }
    await enqueuer.enqueueMany(startSource(1_500).requests, { client, atomic: true })
    expect(batches).toEqual([1_000, 500])

    const { requests } = startSource(1_500, (n) => request(n, { priority: n === 1_400 ? 10 : 0 }))
    expect(await failure(enqueuer.enqueueMany(requests, { client }))).toMatchObject({
      code: 'OBAN_INVALID_JOB',
    })
  })

  test('is what makes its jobs as they are asked for, not what has them', async () => {
    const { batches, enqueuer } = startInsertion()
    const jobs = Array.from({ length: 1_500 }, (_, n) => request(n))
    const streams = [jobs.values(), new Map(jobs.entries()).values(), new Set(jobs).values()]
    for (const stream of streams) {
      expect(await enqueuer.enqueueMany(stream)).toEqual({ inserted: 1_500, conflicts: 0 })
    }
    expect(batches).toEqual(streams.flatMap(() => [1_000, 500]))

    for (const list of [jobs, new Set(jobs)]) {
      expect(await enqueuer.enqueueMany(list)).toHaveLength(1_500)
    }
    expect(batches.slice(6)).toEqual([1_500, 1_500])
  })

  test.each([undefined, null, 5, 'text', request(1), {}])('is not %o', async (wrong) => {
    const { enqueuer } = startInsertion()

    // What a caller without types passes.
    expect(await failure(enqueuer.enqueueMany(wrong as never))).toMatchObject({
      code: 'OBAN_INVALID_JOB',
      problems: [{ message: 'must be an array, a set or a source of what new() returns' }],
    })
  })
})
