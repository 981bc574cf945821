import { expect, test } from 'vitest'
import { keepLooking, type Sight } from '../../../src/cli/fleet/watch.ts'

/** Look until so many sights were had. */
async function watch(answers: readonly (Error | string)[]) {
  const end = new AbortController()
  const sights: Sight<string>[] = []
  const left = [...answers]
  const watching = keepLooking<string>({
    look: () => {
      const next = left.shift() ?? 'no more'

      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
    intervalMs: () => 0,
    loadMs: () => 0,
    signal: end.signal,
    onSight: (sight) => {
      sights.push(sight)
      if (sights.length === answers.length) end.abort()
    },
  })
  await watching

  return sights
}

test('goes on over an outage, with what was seen before', async () => {
  const away = new Error('connection refused')
  const sights = await watch(['one', away, away, 'two'])

  expect(sights.map(({ seen, outage }) => [seen, outage?.reason])).toEqual([
    ['one', undefined],
    ['one', 'Error: connection refused'],
    ['one', 'Error: connection refused'],
    ['two', undefined],
  ])
  expect(sights[2]?.outage?.sinceMs).toBe(sights[1]?.outage?.sinceMs)
})

test('fails with the first look', async () => {
  await expect(watch([new Error('no such database')])).rejects.toThrow('no such database')
})
