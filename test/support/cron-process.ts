/** Nodes in processes of their own that insert periodic jobs, to be killed and frozen by a test. */
import type { CrontabEntry } from '../../src/config/options.ts'
import { forkProgram, Watchers, type Forked } from './forked.ts'

interface Told {
  readonly event: 'election' | 'insert' | 'up'
  readonly node: string
  readonly leader?: boolean
  /** The minutes that the node has inserted for, as ISO 8601. */
  readonly runs?: readonly string[]
}

export interface CronProcess extends Forked {
  readonly isLeader: () => boolean
  /** Resolves when it has started. */
  readonly untilUp: Promise<unknown>
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

function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'event' in message
}

export function cronProcesses(options: CronProcessesOptions): CronProcesses {
  const shared = { ...options, epochMs: options.epoch.getTime(), startedAtMs: Date.now() }
  const watchers = new Watchers()
  let lastMs = 0

  return {
    start: (skewMs = 0) => {
      let isLeader = false
      let isUp: true | undefined
      const forked = forkProgram({
        program: 'cron-node.mjs',
        input: { ...shared, skewMs },
        isTold,
        onTold: ({ event, leader, runs = [] }) => {
          if (event === 'up') isUp = true
          isLeader = leader ?? isLeader
          lastMs = Math.max(lastMs, ...runs.map((run) => Date.parse(run)))
          watchers.look()
        },
      })

      return { ...forked, isLeader: () => isLeader, untilUp: watchers.until(() => isUp) }
    },
    reached: async (minute) => {
      const sinceMs = shared.epochMs + minute * 60_000
      await watchers.until(() => (lastMs < sinceMs ? undefined : true))
    },
  }
}
