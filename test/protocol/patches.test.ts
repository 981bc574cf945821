import { expect, test } from 'vitest'
import { Patches } from '../../src/protocol/patches.ts'

const claim = (id: string) => ({ id, attempt: 1, uuid: 'u', attempted_at: `at ${id}` })

/** Three jobs have something to say, and what comes of it when their statements fail in a way. */
async function store(failing: (ids: readonly string[]) => Error | undefined) {
  const sent: (readonly string[])[] = []
  const patches = new Patches({
    send: (batch) => {
      const ids = batch.map(({ id }) => id)
      sent.push(ids)
      const error = failing(ids)

      return error ? Promise.reject(error) : Promise.resolve(new Set(ids))
    },
    isRefusal: (error) => error instanceof RangeError,
  })
  const results = await Promise.allSettled(
    ['1', '2', '3'].map((id) => patches.add(claim(id), { progress: 1 })),
  )

  return { sent, results: results.map(({ status }) => status) }
}

const refusingTheSecond = (ids: readonly string[]) =>
  ids.includes('2') ? new RangeError('no') : undefined

test('a patch that the database refuses does not keep the others', async () => {
  expect(await store(refusingTheSecond)).toEqual({
    sent: [['1', '2', '3'], ['1'], ['2'], ['3']],
    results: ['fulfilled', 'rejected', 'fulfilled'],
  })
})

test('an outage is waited for once, not by each', async () => {
  expect(await store(() => new Error('away'))).toEqual({
    sent: [['1', '2', '3']],
    results: ['rejected', 'rejected', 'rejected'],
  })
})
