import { expect, test } from 'vitest'
import { History } from '../../../src/cli/top/history.ts'
import type { EndedAttempts } from '../../../src/queue-state.ts'
import { lookAt, portraitWith } from '../../support/fleet.ts'

function add(
  history: History,
  seconds: number,
  ended: EndedAttempts | undefined,
  available = 0,
  uuid = 'one',
): void {
  history.add([lookAt('media', { available })], [portraitWith('media', { seconds, ended, uuid })])
}

test('tells how many attempts end in a second, from the second look on', () => {
  const history = new History()
  add(history, 10, { completed: 100, failed: 1 }, 5)
  add(history, 12, { completed: 150, failed: 2 }, 7)

  expect(history.of('media')).toEqual({
    rates: [undefined, { completed: 25, failed: 0.5 }],
    depths: [5, 7],
  })
  expect(history.of('other')).toEqual({ rates: [], depths: [] })
})

test('begins anew with a producer, and knows nothing of a node that does not tell', () => {
  const history = new History()
  add(history, 10, { completed: 100, failed: 0 })
  add(history, 11, { completed: 3, failed: 0 }, 0, 'two')
  add(history, 12, undefined, 0, 'two')

  expect(history.of('media').rates).toEqual([undefined, undefined, undefined])
})

test('is not misled by a portrait that was seen before', () => {
  const history = new History()
  add(history, 10, { completed: 100, failed: 0 })
  add(history, 10, { completed: 100, failed: 0 })

  expect(history.of('media').rates).toEqual([undefined, undefined])
})

test('adds nodes up, and queues for the whole', () => {
  const history = new History()
  for (const seconds of [10, 11]) {
    history.add(
      [lookAt('media', { available: seconds }), lookAt('mailers', { available: 1 })],
      [
        portraitWith('media', { seconds, ended: { completed: 2 * seconds, failed: 0 }, uuid: 'a' }),
        portraitWith('media', { seconds, ended: { completed: 3 * seconds, failed: 0 }, uuid: 'b' }),
        portraitWith('mailers', {
          seconds,
          ended: { completed: 0, failed: seconds },
          uuid: 'c',
        }),
      ],
    )
  }

  expect(history.of('media').rates.at(-1)).toEqual({ completed: 5, failed: 0 })
  expect(history.all()).toEqual({
    rates: [undefined, { completed: 5, failed: 1 }],
    depths: [11, 12],
  })
})

test('keeps as much as a screen shows, and forgets queues that are gone', () => {
  const history = new History()
  for (let second = 0; second < 300; second += 1) add(history, second, undefined, second)
  expect(history.of('media').depths).toHaveLength(240)
  expect(history.of('media').depths.at(-1)).toBe(299)

  history.add([], [])
  expect(history.of('media').depths).toEqual([])
})
