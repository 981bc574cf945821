import { expect, test } from 'vitest'
import { capacityOf, gatherQueues } from '../../../src/cli/fleet/gather.ts'
import { portraitWith } from '../../support/fleet.ts'

test('puts together what the database and the nodes know of a queue', () => {
  const portrait = portraitWith('media', { running: [1, 2], limit: 10, paused: true })
  const looks = gatherQueues({
    lanes: [
      { state: 'available', queue: 'media', jobs: 7, isEstimate: false },
      { state: 'retryable', queue: 'abandoned', jobs: 61_300, isEstimate: true },
    ],
    oldest: new Map([['media', 75]]),
    living: [
      { name: 'Oban', node: 'web-1', queue: 'media' },
      // A row of a queue that the node has just stopped.
      { name: 'Oban', node: 'web-1', queue: 'stopped' },
      { name: 'Oban', node: 'frozen', queue: 'media' },
    ],
    portraits: [portrait],
  })

  expect(looks.map(({ queue, nodes }) => [queue, nodes.length])).toEqual([
    ['abandoned', 0],
    ['media', 2],
  ])
  const [abandoned, media] = looks
  expect(abandoned?.depths.retryable).toMatchObject({ jobs: 61_300, isEstimate: true })
  expect(media).toMatchObject({
    depths: { available: { jobs: 7 }, executing: { jobs: 0, isEstimate: false } },
    oldestSeconds: 75,
    nodes: [
      { node: 'frozen', portrait: undefined },
      { node: 'web-1', portrait: portrait.queues[0] },
    ],
  })
  expect(media && capacityOf(media)).toEqual({ running: 2, limit: 10, paused: 1, known: 1 })
})
