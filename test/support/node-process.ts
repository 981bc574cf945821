/** A node in a process of its own, whose queues a test controls from elsewhere. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { onTestFinished } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'

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

export interface NodeProcess {
  /** The first that passes, among those of the past as well. */
  readonly until: (event: string, test?: (told: Told) => boolean) => Promise<Told>
  /** Resolves when its queues are set like this. */
  readonly shows: (queues: readonly QueueShown[]) => Promise<void>
}

const program = fileURLToPath(new URL('../fixtures/controlled-node.mjs', import.meta.url))

function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'event' in message
}

/** Resolves when it has started. */
export async function startNodeProcess(options: ObanOptions): Promise<NodeProcess> {
  const told: Told[] = []
  const watchers = new Set<() => void>()
  const child = fork(program, [JSON.stringify(options)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.on('message', (message) => {
    if (!isTold(message)) return
    told.push(message)
    for (const watcher of watchers) watcher()
  })
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve())
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const when = (look: () => Told | undefined): Promise<Told> =>
    new Promise((resolve) => {
      const watcher = () => {
        const found = look()
        if (found === undefined) return
        watchers.delete(watcher)
        resolve(found)
      }
      watchers.add(watcher)
      watcher()
    })
  const until: NodeProcess['until'] = (event, test = () => true) =>
    when(() => told.find((each) => each.event === event && test(each)))
  await until('started')

  return {
    until,
    shows: async (queues) => {
      await when(() => {
        const last = told.findLast(({ event }) => event === 'queues')

        return isDeepStrictEqual(last?.queues, queues) ? last : undefined
      })
    },
  }
}
