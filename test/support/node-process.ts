/** A node in a process of its own, whose queues a test controls from elsewhere. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import type { Connectivity } from '../../src/health.ts'
import type { QueueState } from '../../src/queue-state.ts'

interface Told {
  readonly event: string
  readonly status?: string
  readonly id?: number
  readonly message?: string
}

interface State extends Told {
  readonly event: 'state'
  readonly notifier: Connectivity
  readonly queues: readonly QueueState[]
}

export interface NodeProcess {
  /** The first that passes, among those of the past as well. */
  readonly until: (event: string, test?: (told: Told) => boolean) => Promise<Told>
  /** What its queues do and how it is, now. */
  readonly state: () => Promise<State>
}

const program = fileURLToPath(new URL('../fixtures/controlled-node.mjs', import.meta.url))

function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'event' in message
}

function isState(told: Told): told is State {
  return told.event === 'state'
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
  const find = <Found extends Told>(look: () => Found | undefined): Promise<Found> =>
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
    find(() => told.find((each) => each.event === event && test(each)))
  await until('started')

  return {
    until,
    state: () => {
      const from = told.length
      child.send('state')

      return find(() => told.slice(from).find(isState))
    },
  }
}
