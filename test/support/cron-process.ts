/** Nodes in processes of their own that insert periodic jobs, to be killed and frozen by a test. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { CrontabEntry } from '../../src/config/options.ts'

interface Told {
  readonly event: 'election' | 'insert' | 'up'
  readonly node: string
  readonly leader?: boolean
  /** The minutes that the node has inserted for, as ISO 8601. */
  readonly runs?: readonly string[]
}

export interface CronProcess {
  readonly isLeader: () => boolean
  /** Resolves when it has started. */
  readonly isUp: Promise<void>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Stop in order; resolves when the process has ended. */
  readonly stop: () => Promise<void>
}

export interface CronProcesses {
  readonly start: (skewMs?: number) => CronProcess
  /** Resolves when somebody has inserted for that minute of the simulated time, or a later one. */
  readonly reached: (minute: number) => Promise<void>
}

export interface CronProcessesOptions {
  readonly url: string
  readonly name: string
  readonly crontab: readonly CrontabEntry[]
  /** How much faster than real ones the minutes are. */
  readonly speed: number
  /** The beginning of the simulated time. */
  readonly epoch: Date
}

const program = fileURLToPath(new URL('../fixtures/cron-node.mjs', import.meta.url))

function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'event' in message
}

export function cronProcesses(options: CronProcessesOptions): CronProcesses {
  const shared = { ...options, epochMs: options.epoch.getTime(), startedAtMs: Date.now() }
  const watchers = new Set<() => void>()
  let lastMs = 0

  function listen(child: ChildProcess, hear: (told: Told) => void): void {
    child.on('message', (message) => {
      if (!isTold(message)) return
      hear(message)
      lastMs = Math.max(lastMs, ...(message.runs ?? []).map((run) => Date.parse(run)))
      for (const watcher of watchers) watcher()
    })
  }

  return {
    start: (skewMs = 0) => {
      const child = fork(program, [JSON.stringify({ ...shared, skewMs })], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      const ended = new Promise<void>((resolve) => {
        child.on('exit', () => resolve())
      })
      let isLeader = false
      const isUp = new Promise<void>((resolve) => {
        listen(child, ({ event, leader }) => {
          if (event === 'up') resolve()
          isLeader = leader ?? isLeader
        })
      })
      onTestFinished(async () => {
        child.kill('SIGKILL')
        await ended
      })

      return {
        isLeader: () => isLeader,
        isUp,
        signal: (signal) => child.kill(signal),
        stop: async () => {
          child.send('stop')
          await ended
        },
      }
    },
    reached: (minute) =>
      new Promise((resolve) => {
        const watcher = () => {
          if (lastMs < shared.epochMs + minute * 60_000) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
  }
}
