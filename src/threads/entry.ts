/**
 * What runs inside a job thread: loads the worker modules, then executes what the main thread sends.
 *
 * The thread outlives an exception that escapes a body, long enough to say whose it was: the job that
 * the asynchronous context names fails, the others finish, and the main thread replaces the thread.
 */
import { setImmediate } from 'node:timers/promises'
import { isMainThread, workerData, type MessagePort } from 'node:worker_threads'
import { clientStore } from '../job/client-store.ts'
import { insertion, type Store } from '../job/insertion.ts'
import type { JobRow } from '../job.ts'
import { findWorker, markJobThread, registerInstance } from '../registry.ts'
import { handleOf } from '../worker.ts'
import { Cells } from './cells.ts'
import { currentToken } from './current.ts'
import { Executor } from './executor.ts'
import { MainLine } from './main-line.ts'
import { loadModules } from './modules.ts'
import type { ThreadData, ToThread } from './protocol.ts'
import { serializeError } from './serialized-error.ts'
import type { EntryData } from './spawn.ts'
import { Vitals } from './vitals.ts'

/** Jobs are inserted by the main thread, unless they are to ride in a transaction of the job's own. */
function storeOf(line: MainLine, { prefix }: ThreadData): Store {
  return clientStore({
    prefix,
    own: {
      async insert(jobs) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by our own code
        return (await line.call({ method: 'insert', jobs })) as readonly JobRow[]
      },
      async find(id) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by our own code
        return (await line.call({ method: 'find', id })) as JobRow | undefined
      },
      async cancel(id) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answered by our own code
        return (await line.call({ method: 'cancel', id })) as boolean
      },
    },
    load: () => import('../engine/insert.ts'),
  })
}

/**
 * The job whose doing this is fails, and the thread takes no more; when it has ended, nobody fails.
 * Without a job to name, the thread dies and leaves the rest to others.
 */
function blameCurrent(line: MainLine, executor: Executor, exit: typeof process.exit) {
  return (what: string, thrown: unknown): void => {
    const token = currentToken()
    if (token === undefined) {
      const { name, message } = serializeError(thrown)
      line.send({
        type: 'dying',
        cause: thrown === undefined ? what : `${what}: ${name}: ${message}`,
      })
      exit(1)
    } else {
      executor.crash(token, what, thrown)
      // Before the job's end, whose room the main thread fills at once.
      line.send({ type: 'tainted', cause: what })
      executor.flush()
    }
  }
}

/** Messages arrive between two turns of the loop. */
async function abortsArrived(cells: Cells): Promise<void> {
  while (cells.isAbortDue) await setImmediate()
}

interface Service {
  readonly line: MainLine
  readonly executor: Executor
  readonly cells: Cells
  readonly exit: typeof process.exit
}

/** Do what the main thread says. */
function serve(port: MessagePort, { line, executor, cells, exit }: Service): void {
  const vitals = new Vitals(cells, () => executor.load)
  port.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'run':
        cells.receive()
        vitals.expect(message.jobs.length)
        for (const job of message.jobs) executor.run(job)
        break
      case 'abort':
        cells.hear(message.abort)
        executor.abort(message.token, message.code)
        break
      case 'renewed':
        executor.renewed()
        break
      case 'reply':
        line.answer(message.call, message.reply)
        break
      case 'stop':
        exit(0)
        break
      default:
        message satisfies never
    }
  })
}

async function main(port: MessagePort, data: ThreadData): Promise<void> {
  const line = new MainLine(port)
  const instance = insertion({
    name: data.instance,
    store: storeOf(line, data),
    maxArgsBytes: data.maxArgsBytes,
  })
  markJobThread()
  registerInstance(instance)
  const cells = new Cells(data.cells)
  const executor = new Executor({
    find: findWorker,
    handle: (definition) => handleOf(definition, instance),
    unknownWorkers: data.unknownWorkers,
    lease: new BigInt64Array(data.lease),
    abortsArrived: () => (cells.isAbortDue ? abortsArrived(cells) : undefined),
    onStarted: (started) => {
      line.send({ type: 'started', ...started })
    },
    onSettled: (items) => {
      line.send({ type: 'settled', items })
    },
    onLog: (message) => {
      line.log(message)
    },
  })

  const exit = process.exit.bind(process)
  const crash = blameCurrent(line, executor, exit)
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

  for (const specifier of data.preload) await import(specifier)
  const loaded = await loadModules(data.modules)
  // A rejection that loading left behind ends the thread before it has any job to blame.
  await setImmediate()
  serve(port, { line, executor, cells, exit })
  line.send({ type: 'ready', ...loaded })
}

if (!isMainThread) {
  const { port, data }: EntryData = workerData
  void main(port, data)
}
