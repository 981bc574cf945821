/** What `new Oban(options)` accepts. Checks and defaults: `schema.ts` and `queue-schema.ts`. */
import type { CronOptions } from '../cron/rule.ts'
import type { JsonObject } from '../job/json.ts'
import type { Duration, Period } from '../period.ts'
import type { EventName } from '../telemetry/events.ts'
import type { TestingMode } from '../testing-mode.ts'
import type { AnyWorker } from '../worker/definition.ts'
import type { LogLevel } from '../worker/execution.ts'

/** A `pg.Pool`, or anything that looks like one. */
export interface PoolLike {
  /** How the pool connects; the connections of the runtime itself are opened the same way. */
  readonly options: object
  connect(): Promise<unknown>
  query(text: string, values?: unknown[]): Promise<unknown>
}

/**
 * Anything with these four methods. With a `log` method too (winston) they are called with
 * `(message, fields)`, without one (pino, bunyan) with `(fields, message)`. A `Console` of Node.js
 * gets warnings and errors only, as the message alone.
 */
export interface LoggerLike {
  /** Only its presence matters. */
  readonly log?: unknown
  debug(first: unknown, second?: unknown): unknown
  info(first: unknown, second?: unknown): unknown
  warn(first: unknown, second?: unknown): unknown
  error(first: unknown, second?: unknown): unknown
}

/** What is logged, and where. */
export interface LoggerOptions {
  /**
   * Lowest level that is logged. Default: 'warn' for a `Console` of Node.js, 'info' with `encode`, 'debug' for
   * other loggers, which have levels of their own
   */
  readonly level?: LogLevel | undefined
  /** Lines on standard output: an object of JSON each, or for people. */
  readonly encode?: 'json' | 'pretty' | undefined
  /** In place of `encode`. Default: console */
  readonly logger?: LoggerLike | undefined
  /**
   * Names of the events that are logged. Default: all but those of spans, of which there are many: those
   * are logged when they are named
   */
  readonly events?: readonly EventName[] | 'all' | undefined
}

export type DatabaseOptions =
  | string
  | { readonly url: string; readonly listen?: string | undefined }
  | { readonly pool: PoolLike; readonly listen?: string | undefined }
  | { readonly embedded: { readonly dataDir: string } }

/**
 * Memory of a thread, in megabytes. One that needs more is ended, and its job fails. All but the last
 * are limits of Node.js itself. Default: what Node.js gives a thread
 *
 * @see https://nodejs.org/api/worker_threads.html#new-workerfilename-options
 */
export interface ThreadLimits {
  readonly maxOldGenerationSizeMb?: number | undefined
  readonly maxYoungGenerationSizeMb?: number | undefined
  readonly codeRangeSizeMb?: number | undefined
  readonly stackSizeMb?: number | undefined
  /**
   * Outside of V8's heap, where buffers are: looked at four times a second. Default:
   * `maxOldGenerationSizeMb` if that is given, else no limit
   */
  readonly maxExternalMb?: number | undefined
}

export interface QueueOptions {
  /** Jobs executed at once on each node, 1 or more. */
  readonly limit: number
  /** Threads that share the limit, from 1 to `limit`. Not for an inline queue. Default: 1 */
  readonly threads?: number | undefined
  /**
   * How long a thread may have nothing to do before it ends. Not for an inline queue.
   * Default: { minutes: 5 }
   */
  readonly idleTimeout?: Duration | 'infinity' | undefined
  /**
   * When a thread is replaced by a fresh one; its jobs may finish. Not for an inline queue.
   * Default: never
   */
  readonly recycle?:
    | {
        /** Jobs that a thread runs, 1 or more. */
        readonly afterJobs?: number | undefined
        /** Megabytes that it holds when a job has ended, heap and buffers. */
        readonly aboveMb?: number | undefined
      }
    | undefined
  /** In place of those of `threadOptions`, key by key. Not for an inline queue. Default: {} */
  readonly resourceLimits?: ThreadLimits | undefined
  /**
   * In threads of its own, or on the main thread, for bodies that wait rather than compute: one that
   * keeps the main thread busy for 15 s makes the node look dead, and its jobs run elsewhere too.
   * Default: 'threads'
   */
  readonly execution?: 'threads' | 'inline' | undefined
  /** Start without fetching until the queue is resumed. Default: false */
  readonly paused?: boolean | undefined
  /**
   * Jobs claimed ahead of the limit, from 0 to 10,000, so that the next one starts without a look at
   * the database. They are `executing` for everybody else meanwhile: for queues of many short jobs.
   * Default: 0
   */
  readonly prefetch?: number | undefined
}

/** What `scaleQueue` changes; what is left out stays as it is. */
export interface QueueScale {
  /** Jobs executed at once, 1 or more. */
  readonly limit?: number | undefined
  /** Threads that share the limit, from 1 to the limit. Not for an inline queue. */
  readonly threads?: number | undefined
}

/** Which nodes do what is asked of a queue. Default: all of them */
export interface ControlScope {
  /** Only the node with this name. */
  readonly node?: string | undefined
  /** Only this node, without the database. Default: false */
  readonly localOnly?: boolean | undefined
}

export interface ThreadOptions {
  /** Set in each thread on top of the environment of the process. Default: {} */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Memory of each thread; a queue may have limits of its own. Default: what Node.js gives one */
  readonly resourceLimits?: ThreadLimits | undefined
  /** Imported in each thread before the worker modules: package names, URLs or absolute paths. */
  readonly preload?: ReadonlyArray<string | URL> | undefined
  /**
   * A module that exports any of `setup()`, `teardown(context)` and `around(job, next)`, as a URL or an
   * absolute path (`x.ts` stands in for a missing `x.js`). Inline queues use it too. Default: none
   */
  readonly setup?: URL | string | undefined
  /** How long a thread may load modules and run `setup()`. Default: { seconds: 60 } */
  readonly bootTimeout?: Duration | undefined
}

/** A value of PostgreSQL's setting of this name. */
export type SynchronousCommit = 'off' | 'local' | 'remote_write' | 'on' | 'remote_apply'

/**
 * What commits wait for, by the kind of work: 'off' for nothing, 'local' for the server's own disk and no
 * replica. Jobs that are enqueued and acknowledgements always follow the database: nothing is lost by these.
 */
export interface SynchronousCommitOptions {
  /**
   * Claims. With 'off' a crash of the server undoes those of the last moment, three times its `wal_writer_delay`
   * (0.6 seconds): such jobs run again, perhaps beside the first run until the next heartbeat. Default: what
   * the database says
   */
  readonly fetch?: SynchronousCommit | undefined
  /** Looks for due jobs, messages to other nodes, and rows of producers. Default: what the database says */
  readonly stage?: SynchronousCommit | undefined
}

export interface StagerOptions {
  /**
   * Time between looks for due jobs, which are also what finds jobs that nobody announced. 'infinity'
   * leaves scheduled jobs to other nodes: this one looks when it starts or listens again. Default: { seconds: 1 }
   */
  readonly interval?: Duration | 'infinity' | undefined
  /** Most jobs made available by one look, 1 or more. Default: 5_000 */
  readonly limit?: number | undefined
}

export interface PrunerOptions {
  /**
   * How long jobs are kept after they completed, were cancelled or were discarded: a duration, a number
   * of seconds, or 'infinity' for ever. Default: { days: 1 }
   */
  readonly maxAge?: Period | 'infinity' | undefined
  /** The same for single states, in place of `maxAge`. Default: {} */
  readonly ages?:
    | {
        readonly completed?: Period | 'infinity' | undefined
        readonly cancelled?: Period | 'infinity' | undefined
        readonly discarded?: Period | 'infinity' | undefined
      }
    | undefined
  /** Most jobs deleted by one statement, 1 or more; a full one is followed by the next. Default: 10_000 */
  readonly limit?: number | undefined
  /** Time between looks for old jobs. Default: { seconds: 30 } */
  readonly interval?: Duration | undefined
}

/** A periodic job. Those of workers of one's own may stand with them, as `cron` of `defineWorker`. */
export interface CrontabEntry extends CronOptions {
  /** The worker, or its name, perhaps of another language. */
  readonly worker: AnyWorker | string
  /** Validated by the worker's schema at `start()`, where this node knows it. Default: {} */
  readonly args?: JsonObject | undefined
}

export interface CronTableOptions {
  /** For entries that name none. Default: 'UTC' */
  readonly timezone?: string | undefined
  /** Beside the entries of the workers of this node. Default: [] */
  readonly crontab?: readonly CrontabEntry[] | undefined
}

export interface MetricsOptions {
  /**
   * Whether the node that leads counts the jobs of all nodes. Oban Web adds up what it is told: of all
   * nodes on a schema, in whatever language, one may count. Default: true
   */
  readonly counts?: boolean | undefined
  /** Jobs in a state up to which they are counted one by one, 1 or more; above, estimated. Default: 50_000 */
  readonly estimateAbove?: number | undefined
}

export interface VacuumOptions {
  /** Processed jobs from one vacuum to the next, 1,000 or more. Default: 100_000 */
  readonly every?: number | undefined
}

export interface ReindexerOptions {
  /** When, as a cron expression. Default: '@midnight' */
  readonly schedule?: string | undefined
  /** Of the schedule. Default: 'UTC' */
  readonly timezone?: string | undefined
  /**
   * Names of indexes of the jobs table. Default: the two of `oban install --search-indexes`, where they
   * are
   */
  readonly indexes?: readonly string[] | undefined
  /** How long the rebuilding of one index may take. Default: { seconds: 15 } */
  readonly timeout?: Duration | undefined
}

/**
 * Every option has a default; only `database` is needed as soon as there are `queues`.
 *
 * @see https://hexdocs.pm/oban/Oban.html#start_link/1
 */
export interface ObanOptions {
  /**
   * A connection string, the application's own pool (used to enqueue and to manage jobs; the
   * runtime opens connections of its own), or a folder for an embedded PostgreSQL. `listen` is the
   * connection string of the server itself, for the notifications that no pooler in transaction mode
   * passes on. May be left out by a client that gives each call a `client`.
   */
  readonly database?: DatabaseOptions | undefined
  /** Name of the instance; nodes that share queues share it. Default: 'Oban' */
  readonly name?: string | undefined
  /** Name of this node, without spaces. Default: host name, process id and 4 random characters */
  readonly node?: string | undefined
  /** PostgreSQL schema that holds the tables, 1 to 40 bytes. Default: 'public' */
  readonly prefix?: string | undefined
  /**
   * Modules that define workers, as URLs or absolute paths (`x.ts` stands in for a missing `x.js`),
   * or definitions themselves, which only queues with `execution: 'inline'` can run. In a file of the
   * commands also patterns and paths from its folder: './workers/*.js'. Default: []
   */
  readonly workers?: ReadonlyArray<URL | string | object> | undefined
  /** Queues that this node runs, by name: a limit or options. Default: {}, a client */
  readonly queues?: Readonly<Record<string, number | QueueOptions>> | undefined
  /** What the threads of all queues have in common. Default: {} */
  readonly threadOptions?: ThreadOptions | undefined
  /** How due jobs are made available. Default: {} */
  readonly stager?: StagerOptions | undefined
  /** Rescue of the jobs of nodes that died; `false` leaves it to other nodes. Default: {} */
  readonly lifeline?: Readonly<Record<string, never>> | false | undefined
  /**
   * Deletion of old finished jobs, whoever ran them, while this node leads; `false` leaves it to other
   * nodes. Default: {}
   */
  readonly pruner?: PrunerOptions | false | undefined
  /**
   * Periodic jobs. Every node of the instance inserts them, each run once between them; `false` leaves
   * that to other nodes. Default: {}
   */
  readonly cron?: CronTableOptions | false | undefined
  /** Whether Oban Web sees this node: its queues, and what its jobs do. Default: false */
  readonly metrics?: MetricsOptions | boolean | undefined
  /**
   * A `VACUUM` of the jobs table by the number of processed jobs, while this node leads: needs the
   * owner of the table. `false` leaves it to PostgreSQL's autovacuum. Default: {}
   */
  readonly vacuum?: VacuumOptions | false | undefined
  /**
   * Rebuilds indexes of the jobs table on a schedule, while this node leads: needs the owner of the
   * table. `true` is `{}`. Default: false
   */
  readonly reindexer?: ReindexerOptions | boolean | undefined
  /** Whether this node may lead, which pruning needs; `false` leaves that to other nodes. Default: true */
  readonly leadership?: boolean | undefined
  /**
   * How nodes hear of each other: by PostgreSQL's notifications, or, 'isolated', only within this
   * process, so that the rest is found by polling: for poolers, or servers, that pass none on.
   * Default: 'postgres'
   */
  readonly notifier?: 'postgres' | 'isolated' | undefined
  /** What the commits of the runtime wait for. Default: what the database says for the role */
  readonly synchronousCommit?: SynchronousCommitOptions | undefined
  /**
   * What becomes of a job whose worker this node does not know: given back for other nodes, or
   * failed as Oban does. Default: 'release'
   */
  readonly unknownWorkers?: 'release' | 'fail' | undefined
  /** How long `stop()` waits for running jobs. Default: { seconds: 15 } */
  readonly shutdownGracePeriod?: Duration | 'infinity' | undefined
  /** Most bytes that a job's arguments may have as JSON, 1 or more. Default: no bound */
  readonly maxArgsBytes?: number | undefined
  /**
   * Where log lines go: `console` gets warnings and errors, other loggers every level; 'json' and
   * 'pretty' write lines to standard output; `false` is silence. `{ level, encode, events, logger }`
   * says more about it. Default: console
   */
  readonly logger?: LoggerLike | LoggerOptions | 'json' | 'pretty' | false | undefined
  /**
   * For tests. 'inline': a job runs in the call that enqueues it and is stored nowhere, so that no
   * `database` is needed. 'manual': jobs are stored, and run by `drainQueue()` only. In both, `start()`
   * starts nothing. Default: 'disabled'
   *
   * @see https://hexdocs.pm/oban/testing.html
   */
  readonly testing?: TestingMode | undefined
  /** Called once when the runtime has given up; `oban.closed` rejects too. Default: nothing */
  readonly onFatal?: ((error: unknown) => void) | undefined
}
