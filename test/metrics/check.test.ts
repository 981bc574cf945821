import { describe, expect, test } from 'vitest'
import { checkOf, halveCheck } from '../../src/metrics/check.ts'

const state = {
  queue: 'media',
  node: 'web.1',
  uuid: '6f1c2b6e-6a0f-4a53-b0b6-6a7f6a1a9f10',
  limit: 10,
  paused: false,
  running: [4, 8, 9],
  startedAt: new Date('2030-01-31T09:00:00.123Z'),
}
const now = new Date('2030-01-31T09:05:00Z')

describe('check', () => {
  test('has the names and the moments that Oban Web reads', () => {
    expect(checkOf('Oban', state, now, undefined)).toEqual({
      name: 'Oban',
      node: 'web.1',
      queue: 'media',
      uuid: state.uuid,
      limit: 10,
      local_limit: 10,
      paused: false,
      running: [4, 8, 9],
      started_at: '2030-01-31T09:00:00.123Z',
      updated_at: '2030-01-31T09:05:00.000Z',
    })
  })

  test('says since when a queue stops', () => {
    const since = new Date('2030-01-31T09:04:59Z')

    expect(checkOf('Oban', state, now, since)).toMatchObject({
      shutdown_started_at: '2030-01-31T09:04:59.000Z',
    })
  })

  test('has ids left out until none is left', () => {
    const once = halveCheck(checkOf('Oban', state, now, undefined))
    expect(once?.running).toEqual([4])
    const twice = once && halveCheck(once)
    expect(twice?.running).toEqual([])

    expect(twice && halveCheck(twice)).toBe(undefined)
  })
})
