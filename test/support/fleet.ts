/** Looks at nodes and queues that are nowhere. */
import type { Depth, QueueLook } from '../../src/cli/fleet/gather.ts'
import type { TopLook } from '../../src/cli/top/look.ts'
import type { NodePortrait, QueuePortrait } from '../../src/notifier/portrait.ts'
import type { EndedAttempts } from '../../src/queue-state.ts'
import { portraitOf } from './portrait.ts'

interface Depths {
  readonly available?: number
  readonly scheduled?: number
  readonly retryable?: number
  readonly executing?: number
}

function exactly(jobs: number): Depth {
  return { jobs, isEstimate: false }
}

export function lookAt(
  queue: string,
  { available = 0, scheduled = 0, retryable = 0, executing = 0 }: Depths = {},
  facts: Partial<QueueLook> = {},
): QueueLook {
  return {
    queue,
    nodes: [],
    depths: {
      available: exactly(available),
      scheduled: exactly(scheduled),
      retryable: exactly(retryable),
      executing: exactly(executing),
    },
    oldestSeconds: null,
    ...facts,
  }
}

interface QueueFacts {
  /** Of the clock of the node. Default: 60 */
  readonly seconds?: number
  readonly ended?: EndedAttempts | undefined
  readonly uuid?: string
  readonly running?: readonly number[]
  readonly limit?: number
  readonly paused?: boolean
}

/** A node with one queue. */
export function portraitWith(
  queue: string,
  { seconds = 60, ...facts }: QueueFacts = {},
): NodePortrait & { readonly queues: readonly [QueuePortrait] } {
  const portrait = portraitOf({ queues: [queue], at: new Date(1_000 * seconds) })
  const [own] = portrait.queues
  if (own === undefined) throw new Error('the portrait has a queue')

  return { ...portrait, queues: [{ ...own, ...facts }] }
}

/** Everything that a screen shows, of two queues on two nodes. */
export function topLook(facts: Partial<TopLook> = {}): TopLook {
  const media = portraitWith('media', { running: [1, 2, 3], limit: 10 })
  const mailers = {
    ...portraitWith('mailers', { running: [4], limit: 20, paused: true }),
    node: 'web-2',
  }
  const { instance } = media

  return {
    atMs: 0,
    latencyMs: 1.25,
    databaseMs: 5,
    leaders: [{ name: 'Oban', node: 'web-1' }],
    portraits: [media, mailers],
    silent: ['Oban on web-3'],
    deafness: undefined,
    queues: [
      lookAt(
        'mailers',
        { available: 12, retryable: 3 },
        { oldestSeconds: 75, nodes: [{ instance, node: 'web-2', portrait: mailers.queues[0] }] },
      ),
      lookAt(
        'media',
        { available: 1_204, scheduled: 9 },
        { oldestSeconds: 5, nodes: [{ instance, node: 'web-1', portrait: media.queues[0] }] },
      ),
    ],
    running: [
      { id: 1, queue: 'media', worker: 'Media.Resize', node: 'web-1', attempt: 1, seconds: 75 },
      { id: 4, queue: 'mailers', worker: 'Mailers.Welcome', node: 'web-2', attempt: 2, seconds: 3 },
    ],
    failures: [
      {
        id: 7,
        queue: 'mailers',
        worker: 'Mailers.Welcome',
        state: 'retryable',
        attempt: 2,
        maxAttempts: 20,
        error: 'Error: 421 too many connections\nfrom 10.0.0.1',
        seconds: 4,
      },
    ],
    ...facts,
  }
}
