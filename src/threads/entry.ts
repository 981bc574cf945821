/**
 * What runs inside a job thread: loads the worker modules, then executes what the main thread sends.
 *
 * The thread outlives an exception that escapes a body, long enough to say whose it was: the job that
 * the asynchronous context names fails, the others finish, and the main thread replaces the thread.
 */
import { setImmediate } from 'node:timers/promises'
import { isMainThread, workerData } from 'node:worker_threads'
import { clientStore } from '../job/client-store.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import { insertion, type Store } from '../job/insertion.ts'
import type { VersionedRow } from '../job/update.ts'
import type { JobRow } from '../job.ts'
import { findWorker, markJobThread, registerInstance } from '../registry.ts'
import { handleOf } from '../worker.ts'
import { Backpressure } from './backpressure.ts'
import { boot, type Boot } from './boot.ts'
import { Cells } from './cells.ts'
import { takeConsole } from './console.ts'
import { currentJob } from './current.ts'
import { Executor } from './executor.ts'
import { MainLine } from './main-line.ts'
import type { OwnRow } from './own-job.ts'
import { packEnd, unpackJob } from './packing.ts'
import type { ThreadData, ToThread } from './protocol.ts'
import { serializeError } from './serialized-error.ts'
import { SetupFailure } from './setup.ts'
import type { EntryData } from './spawn.ts'
import { Vitals } from './vitals.ts'

/** Jobs are inserted by the main thread, unless they are to ride in a transaction of the job's own. */
function storeOf(line: MainLine, { prefix, notifier }: ThreadData): Store {
  return clientStore({
    prefix,
    notifier,
    own: {
      async insert(jobs) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by our own code
        return (await line.call({ method: 'insert', jobs })) as readonly JobRow[]
      },
      async find(id) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by our own code
        return (await line.call({ method: 'find', id })) as VersionedRow | undefined
      },
      async cancel(id) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by our own code
        return (await line.call({ method: 'cancel', id })) as boolean
      },
      async change({ id, version }, changes) {
        const row = { id, version }
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by our own code
        return (await line.call({ method: 'change', row, changes })) as JobRow | undefined
      },
    },
    load: () => import('../engine/enqueue.ts'),
    manage: async (client) => {
      const { jobsThrough } = await import('../engine/managed-jobs.ts')

      return jobsThrough(client, { prefix, notifier })
    },
  })
}

/**
 * The job whose doing this is fails, and the thread takes no more; when it has ended, nobody fails.
 * Without a job to name, the thread dies and leaves the rest to others.
 */
function blameCurrent(line: MainLine, find: () => Executor | undefined, exit: typeof process.exit) {
  return (what: string, thrown: unknown): void => {
    const job = currentJob()
    const executor = find()
    const { name, message } = serializeError(thrown)
    const cause = thrown === undefined ? what : `${what}: ${name}: ${message}`
    if (job === undefined || executor === undefined) {
      line.send({ type: 'dying', cause })
      exit(1)
    } else {
      executor.crash(job.token, what, thrown)
      // Before the job's end, whose room the main thread fills at once.
      line.send({ type: 'tainted', token: job.token, cause })
      executor.flush()
    }
  }
}

/** Messages arrive between two turns of the loop. */
async function abortsArrived(cells: Cells): Promise<void> {
  while (cells.isAbortDue) await setImmediate()
}

/** What is for the executor, or the thread as a whole. */
type Command = Exclude<ToThread, { type: 'reply' }>

/** Come up, or end the thread: without its setup it has nothing to go on with. */
async function bootOrDie(line: MainLine, data: ThreadData, die: () => never): Promise<Boot> {
  try {
    return await boot(data, (module) => {
      line.send({ type: 'loading', module })
    })
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error
    line.send({ type: 'dying', cause: error.message, option: 'threadOptions.setup' })

    return die()
  }
}

/** End in order: undo what `setup()` did. The main thread ends a thread that takes too long. */
async function tearDown(line: MainLine, { queue, thread }: ThreadData, { setup, context }: Boot) {
  try {
    await setup.end(context)
  } catch (error) {
    const { name, message } = serializeError(error)
    line.log({
      token: undefined,
      level: 'error',
      via: 'log',
      message: `teardown() failed: ${name}: ${message}`,
      fields: { queue, thread },
    })
  }
}

/** Have what escapes a body told before it ends the thread. @returns the real `process.exit` */
function watchEscapes(crash: (what: string, thrown: unknown) => void, exit: typeof process.exit) {
  process.on('uncaughtException', (error) => {
    crash('uncaught exception', error)
  })
  process.on('unhandledRejection', (reason) => {
    crash('unhandled rejection', reason)
  })
  process.exit = (code) => {
    crash(`process.exit(${code ?? ''}) was called`, undefined)

    return exit(code)
  }
}

interface Service {
  readonly executor: Executor
  readonly cells: Cells
  readonly vitals: Vitals
  readonly stop: () => void
}

/** Do what the main thread says. */
function obey({ executor, cells, vitals, stop }: Service, message: Command): void {
  switch (message.type) {
    case 'run':
      cells.receive()
      vitals.expect(message.jobs.length)
      executor.run(message.jobs.map(unpackJob))
      break
    case 'abort':
      executor.abort(message.token, message.code)
      // Not before: what listens to the signal may never end.
      cells.hear(message.abort)
      break
    case 'renewed':
      executor.renewed()
      break
    case 'stop':
      stop()
      break
    default:
      message satisfies never
  }
}

interface Parts {
  readonly data: ThreadData
  readonly instance: Enqueuer
  readonly up: Boot
  readonly cells: Cells
}

function executorOf(line: MainLine, { data, instance, up, cells }: Parts): Executor {
  return new Executor({
    instance: data.instance,
    find: findWorker,
    handle: (definition) => handleOf(definition, instance),
    unknownWorkers: data.unknownWorkers,
    context: up.context,
    around: up.setup.around,
    lease: new BigInt64Array(data.lease),
    abortsArrived: () => (cells.isAbortDue ? abortsArrived(cells) : undefined),
    onStarted: (started) => {
      line.send({ type: 'started', ...started })
    },
    onSettled: (items) => {
      line.send({ type: 'settled', items: items.map(packEnd) })
    },
    onLog: (message) => {
      line.log(message)
    },
    own: ownRow(line, data.prefix),
  })
}

/** What bodies do to their own rows: by the main thread, unless it is part of their transaction. */
function ownRow(line: MainLine, prefix: string): OwnRow {
  return {
    patch: async (claim, patch) => (await line.call({ method: 'patch', claim, patch })) === true,
    completing: async (token) => {
      await line.call({ method: 'completing', token })
    },
    complete: async (client, claim, patch) => {
      const { completeJob } = await import('../engine/managed-jobs.ts')

      return completeJob(client, prefix, claim, patch)
    },
  }
}

async function main({ port, data, backpressure }: EntryData): Promise<void> {
  const line = new MainLine(port, new Backpressure(backpressure))
  const instance = insertion({
    name: data.instance,
    store: storeOf(line, data),
    maxArgsBytes: data.maxArgsBytes,
  })
  markJobThread()
  registerInstance(instance)
  if (data.takesConsole) {
    takeConsole(console, (message) => {
      line.log(message)
    })
  }

  const exit = process.exit.bind(process)
  let executor: Executor | undefined
  watchEscapes(
    blameCurrent(line, () => executor, exit),
    exit,
  )
  // What comes before the thread is up waits, but for the answers that `setup()` may wait for.
  const early: Command[] = []
  let receive = (message: Command): void => {
    early.push(message)
  }
  port.on('message', (message: ToThread) => {
    if (message.type === 'reply') line.answer(message.call, message.reply)
    else receive(message)
  })

  const up = await bootOrDie(line, data, () => exit(1))
  const cells = new Cells(data.cells)
  const running = executorOf(line, { data, instance, up, cells })
  executor = running
  let stopping: Promise<void> | undefined
  const service = {
    executor: running,
    cells,
    vitals: new Vitals(cells, () => running.load),
    stop: () => {
      stopping ??= tearDown(line, data, up).then(() => exit(0))
    },
  }
  receive = (message) => {
    obey(service, message)
  }
  line.send({ type: 'ready', ...up.loaded, cronProblems: up.cronProblems })
  early.forEach(receive)
}

/**
 * Take what the thread was started with. Its port goes out of the reach of bodies, which find `workerData`
 * too: what one of them posts there would be taken for ours, and is not checked.
 */
function takeEntryData(): EntryData {
  const { data, port, backpressure }: EntryData = workerData
  Reflect.deleteProperty(workerData, 'port')
  Reflect.deleteProperty(workerData, 'backpressure')

  return { data, port, backpressure }
}

if (!isMainThread) void main(takeEntryData())
