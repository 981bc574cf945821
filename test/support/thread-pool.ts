/** The pool of one queue with real threads, without a database. */
import { BroadcastChannel } from 'node:worker_threads'
import PQueue from 'p-queue'
import { createActor } from 'xstate'
import { onTestFinished } from 'vitest'
import { child, supervisor, type Report } from '../../supervisors/index.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import type { Settled } from '../../src/protocol/outcome.ts'
import type { ClaimedRow } from '../../src/protocol/claimed-row.ts'
import { Tenure, type Run } from '../../src/protocol/tenure.ts'
import { ThreadPool } from '../../src/threads/pool.ts'
import type { LogLine, ModuleFailure, Request } from '../../src/threads/protocol.ts'
import type { SlotInput } from '../../src/threads/slot-input.ts'
import { slot } from '../../src/threads/slot.ts'
import { Alarms } from '../../src/alarms.ts'
import type { ThreadExit } from '../../src/threads/thread.ts'
import { claimedRow } from './claimed-row.ts'

export interface PoolOptions {
  readonly threads?: number
  /** Files of `test/fixtures`. Default: threads.js */
  readonly modules?: readonly string[]
  readonly resourceLimits?: SlotInput['thread']['resourceLimits']
  readonly clock?: Clock
  readonly idleMs?: number
  readonly recycle?: Partial<SlotInput['recycle']>
  readonly memory?: SlotInput['memory']
  /** A file of `test/fixtures`. Default: none */
  readonly setup?: string
  readonly env?: Readonly<Record<string, string>>
  readonly takesConsole?: boolean
  readonly bootMs?: number
  readonly onCall?: (request: Request) => Promise<unknown>
}

interface LineOf {
  readonly line: LogLine
  readonly run: Run | undefined
}

/** What happened so far, and what to wait for. */
function recorder<Item>() {
  const items: Item[] = []
  const watchers = new Set<() => void>()

  return {
    items,
    push(...more: Item[]) {
      items.push(...more)
      for (const watcher of watchers) watcher()
    },
    until: (test: (item: Item) => boolean): Promise<Item> =>
      new Promise((resolve) => {
        const look = () => {
          const found = items.find(test)
          if (found === undefined) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
      }),
  }
}

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).href

export function openPool(options: PoolOptions = {}) {
  const {
    threads = 1,
    modules = ['threads.js'],
    resourceLimits = {},
    clock = systemClock,
  } = options
  const tenure = new Tenure('uuid', 'default', new Date())
  const settled = recorder<Settled>()
  const logged = recorder<LineOf>()
  const exits = recorder<ThreadExit>()
  const failures = recorder<ModuleFailure>()
  const reports = recorder<Report>()
  const pool = new ThreadPool((items) =>
    settled.push(...items.filter(({ run }) => tenure.settle(run))),
  )
  const alarms = new Alarms(clock)
  const boots = new PQueue({ concurrency: 2 })
  tenure.trust(systemClock.monotonicMs())

  const data = (thread: string) => ({
    instance: 'Oban',
    prefix: 'public',
    notifier: 'postgres' as const,
    queue: 'default',
    thread,
    modules: modules.map(fixture),
    preload: [],
    setup: options.setup && fixture(options.setup),
    isProbe: false,
    crontab: [],
    takesConsole: options.takesConsole ?? true,
    unknownWorkers: 'fail' as const,
    maxArgsBytes: undefined,
    lease: tenure.lease.buffer,
  })
  const children = Array.from({ length: threads }, (_, index) =>
    child({
      id: `thread/${index + 1}`,
      logic: slot,
      backoff: (attempt) => 10 * 2 ** attempt,
      input: (): SlotInput => ({
        pool,
        boots,
        clock,
        alarms,
        idleMs: options.idleMs ?? Number.POSITIVE_INFINITY,
        recycle: {
          jobs: Number.POSITIVE_INFINITY,
          bytes: Number.POSITIVE_INFINITY,
          ...options.recycle,
        },
        memory: options.memory,
        onExit: (exit) => exits.push(exit),
        bootMs: options.bootMs ?? 60_000,
        onFailure: (failure) => failures.push(failure),
        thread: {
          tenure,
          env: options.env ?? {},
          resourceLimits,
          data: data(String(index + 1)),
          onCall: options.onCall ?? (() => Promise.reject(new Error('nobody answers'))),
          onLog: (line, run) => logged.push({ line, run }),
        },
      }),
    }),
  )
  const root = createActor(supervisor, {
    input: { maxRestarts: 10, children, onReport: (report) => reports.push(report) },
  })
  root.subscribe({ error: (error) => reports.push({ kind: 'max_intensity', id: 'root', error }) })
  root.start()

  return { boots, exits, failures, logged, pool, reports, root, settled, tenure }
}

export function startPool(options?: PoolOptions) {
  const opened = openPool(options)
  const { logged, pool, root, settled, tenure } = opened
  const words = new BroadcastChannel('oban-threads')
  let lastId = 0

  function claim(worker: string, args: object = {}, row: Partial<ClaimedRow> = {}): Run {
    lastId += 1

    return tenure.claim(
      claimedRow({ id: String(lastId), worker, args: JSON.stringify(args), ...row }),
    )
  }
  const post = (...runs: Run[]): void => pool.run(runs)
  const stop = () => stopPool(root)
  onTestFinished(async () => {
    words.close()
    await stop()
  })

  return {
    ...opened,
    claim,
    post,
    /** Claim one job and hand it to the pool. */
    run: (worker: string, args?: object, row?: Partial<ClaimedRow>): Run => {
      const run = claim(worker, args, row)
      post(run)

      return run
    },
    ended: (run: Run) => settled.until((item) => item.run === run),
    begun: (run: Run) => logged.until((item) => item.run === run),
    /** Let the bodies go that wait for the word. */
    say: (word: string) => words.postMessage(word),
    stop,
  }
}

export function stopPool(root: ReturnType<typeof openPool>['root']): Promise<void> {
  if (root.getSnapshot().status !== 'active') return Promise.resolve()

  return new Promise((resolve) => {
    root.subscribe({ complete: resolve, error: () => resolve() })
    root.send({ type: 'sup.shutdown', reason: 'test' })
  })
}
