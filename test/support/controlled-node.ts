/** A node in a process of its own, whose queues a test controls from elsewhere. */
import { isDeepStrictEqual } from 'node:util'
import type { ObanOptions } from '../../src/config/options.ts'
import { forkProgram, Watchers } from './forked.ts'

/** How a queue is set. */
export interface QueueShown {
  readonly queue: string
  readonly limit: number
  readonly paused: boolean
  /** How many it has. */
  readonly threads: number
}

interface Told {
  readonly event: string
  readonly status?: string
  readonly id?: number
  readonly message?: string
  readonly queues?: readonly QueueShown[]
}

export interface ControlledNode {
  /** The first that passes, among those of the past as well. */
  readonly until: (event: string, test?: (told: Told) => boolean) => Promise<Told>
  /** Resolves when what it sends comes back to it. */
  readonly hears: () => Promise<void>
  /** Resolves when its queues are set like this. */
  readonly shows: (queues: readonly QueueShown[]) => Promise<void>
}

function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'event' in message
}

/** Resolves when it has started. */
export async function startControlledNode(options: ObanOptions): Promise<ControlledNode> {
  const told: Told[] = []
  const watchers = new Watchers()
  forkProgram({
    program: 'controlled-node.mjs',
    input: options,
    isTold,
    onTold: (each) => {
      told.push(each)
      watchers.look()
    },
  })
  const until: ControlledNode['until'] = (event, test = () => true) =>
    watchers.until(() => told.find((each) => each.event === event && test(each)))
  await until('started')

  return {
    until,
    hears: async () => {
      await until('notifier.switch', ({ status }) => status !== 'isolated')
    },
    shows: async (queues) => {
      await watchers.until(() => {
        const last = told.findLast(({ event }) => event === 'queues')

        return isDeepStrictEqual(last?.queues, queues) ? last : undefined
      })
    },
  }
}
