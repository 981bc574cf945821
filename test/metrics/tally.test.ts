import { describe, expect, test } from 'vitest'
import { Tally } from '../../src/metrics/tally.ts'

describe('tally', () => {
  test('has three series for each state, queue and worker', () => {
    const tally = new Tally()
    tally.add('completed', 'media', 'Resize', 1, 0)
    tally.add('completed', 'media', 'Resize', 1_000, 0.001)
    tally.add('completed', 'media', 'Crop', 1, 1)
    tally.add('retryable', 'mail', 'Resize', 1, 1)

    const resize = { state: 'completed', queue: 'media', worker: 'Resize' }
    const taken = tally.take()
    expect(taken).toHaveLength(9)
    expect(taken.slice(0, 3)).toEqual([
      { series: 'exec_count', ...resize, value: { data: [2] } },
      { series: 'exec_time', ...resize, value: { data: { 346: 1, 519: 1 }, size: 2 } },
      { series: 'wait_time', ...resize, value: { data: { 0: 1, 173: 1 }, size: 2 } },
    ])
    expect(taken.filter(({ series }) => series === 'exec_count')).toMatchObject([
      { state: 'completed', queue: 'media', worker: 'Resize' },
      { state: 'completed', queue: 'media', worker: 'Crop' },
      { state: 'retryable', queue: 'mail', worker: 'Resize' },
    ])
  })

  test('begins anew with each taking', () => {
    const tally = new Tally()
    expect(tally.take()).toEqual([])
    tally.add('completed', 'media', 'Resize', 1, 0)
    tally.take()

    expect(tally.take()).toEqual([])
  })
})
