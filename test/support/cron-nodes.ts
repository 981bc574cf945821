/** Nodes that do nothing but insert periodic jobs, on a database clock that the test moves. */
import { onTestFinished } from 'vitest'
import type { CronInput } from '../../src/actors/cron.ts'
import { systemClock } from '../../src/clock.ts'
import { parseConfig } from '../../src/config.ts'
import type { CrontabEntry } from '../../src/config/options.ts'
import { noConnections } from '../../src/engine/connections.ts'
import { Connection } from '../../src/engine/connection.ts'
import { insertAll } from '../../src/engine/insert.ts'
import type { Store } from '../../src/job/insertion.ts'
import { insertion } from '../../src/job/insertion.ts'
import { cronInput, type CronRuntime } from '../../src/runtime/harbor/cron.ts'
import { gatherCrontab } from '../../src/runtime/harbor/gather-crontab.ts'

export interface CronNode {
  /** What its actor would do when a minute begins. */
  readonly tick: () => ReturnType<CronInput['tick']>
  readonly failures: readonly unknown[]
  readonly runtime: CronRuntime
  readonly close: () => Promise<void>
}

export interface CronNodeOptions {
  readonly url: string
  readonly instance: string
  readonly crontab: readonly CrontabEntry[]
  readonly timezone?: string
  /** The database's clock. */
  readonly now: () => Date
  /** What the node itself takes the time for. */
  readonly clock?: CronRuntime['clock']
}

/** Stores through a caller's client only, which is all that a tick does. */
const store: Store = {
  insert: async (jobs, client) => {
    if (client === undefined) throw new Error('periodic jobs are stored in a transaction')

    return insertAll(client, 'public', jobs)
  },
  find: () => Promise.reject(new Error('nobody looks for a job')),
  cancel: () => Promise.resolve(false),
  change: () => Promise.resolve(undefined),
}

export async function startCronNode(options: CronNodeOptions): Promise<CronNode> {
  const { url, instance: name, crontab, timezone = 'UTC', now, clock = systemClock } = options
  const config = parseConfig({ database: url, name, cron: { crontab, timezone }, logger: false })
  const connect = { connectionString: url }
  const client = new Connection({ role: 'rescue', connect, timeoutMs: 10_000 })
  const failures: unknown[] = []
  const runtime: CronRuntime = {
    clock,
    config,
    connections: {
      ...noConnections('public'),
      rescue: { client, prefix: 'public', named: true },
    },
    crontab: await gatherCrontab(config, []),
    databaseNow: () => now().toISOString(),
    errands: new Set(),
    insertion: insertion({ name, store, maxArgsBytes: undefined }),
    origin: { instance: name, node: config.node },
    queues: new Map(),
    tell: () => true,
  }
  const stopping = new AbortController()
  const input = cronInput(runtime, connect)
  const close = async () => {
    stopping.abort(new Error('the test has ended'))
    await client.close()
  }
  onTestFinished(close)

  return { tick: () => input.tick(stopping.signal), failures, runtime, close }
}
