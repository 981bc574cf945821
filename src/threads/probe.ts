/**
 * Loads the worker modules once, in a thread that runs no job, to know at the start what they define
 * and which of them do not load.
 */
import type { Clock } from '../clock.ts'
import { ConfigError, NotRunningError, type Problem } from '../errors.ts'
import { Cells } from './cells.ts'
import type { Loaded } from './modules.ts'
import type { FromThread, ThreadData, ToThread, WorkerFact } from './protocol.ts'
import { serializeError } from './serialized-error.ts'
import { spawnThread, type Spawned } from './spawn.ts'

export interface ProbeOptions {
  readonly data: Omit<
    ThreadData,
    'cells' | 'isProbe' | 'lease' | 'queue' | 'takesConsole' | 'thread'
  >
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  /** How long all modules together may take to load. */
  readonly bootMs: number
}

/** What the modules define, and what is wrong with their periodic jobs. */
export interface Found extends Loaded {
  readonly cronProblems: readonly Problem[]
}

/**
 * @throws {ConfigError} when a module ends the thread that loads it, or does not come to an end, and
 * when the setup module cannot be used
 */
export async function probe({ data, env, clock, bootMs }: ProbeOptions): Promise<Found> {
  let spawned: Spawned | undefined
  let callOff: (() => void) | undefined
  let cause = ''
  let loading: string | undefined
  try {
    return await new Promise<Found>((resolve, reject) => {
      const fail = (message: string, error?: unknown, path = 'workers') => {
        reject(new ConfigError([{ path, message }], { cause: error }))
      }
      const onMessage = (message: FromThread) => {
        if (message.type === 'ready') resolve(message)
        else if (message.type === 'loading') loading = message.module
        else if (message.type === 'call') spawned?.port.postMessage(refusal(message.call, data))
        else if (message.type === 'dying' && message.option) {
          fail(`${loading ?? 'setup'}: ${message.cause}`, undefined, message.option)
        } else if (message.type === 'dying') cause = ` (${message.cause})`
      }
      const shared = { lease: new SharedArrayBuffer(8), cells: new Cells().buffer }
      const thread = {
        ...data,
        ...shared,
        queue: '',
        thread: 'probe',
        isProbe: true,
        takesConsole: false,
      }
      spawned = spawnThread({ name: 'oban:probe', data: thread, env, onMessage })
      const { worker, drain } = spawned
      callOff = clock.after(bootMs, () => {
        const what =
          loading === undefined ? 'their thread did not start' : `${loading} did not finish`
        fail(`${what} loading; all modules have ${bootMs} ms (bootTimeout)`)
      })
      worker.once('error', (error: unknown) => {
        // An option of Node.js that threads refuse, as `--input-type`, fails before any module.
        const what =
          loading === undefined
            ? 'the thread that loads them does not start'
            : `${loading} ended the thread that loads it`
        fail(`${what}: ${String(error)}`, error)
      })
      worker.once('exit', (code) => {
        drain()
        const what = loading ?? 'what comes before them'
        fail(`${what} ended the thread that loads it with exit code ${code}${cause}`)
      })
    })
  } finally {
    callOff?.()
    await spawned?.worker.terminate()
  }
}

/** The instance is not up yet, and a module would enqueue anew with each thread that loads it. */
function refusal(call: number, { instance }: Pick<ThreadData, 'instance'>): ToThread {
  const error = serializeError(new NotRunningError(instance))

  return { type: 'reply', call, reply: { ok: false, error } }
}

/**
 * Refuse two modules that define workers of one name: which one runs would be chance.
 *
 * @throws {ConfigError} naming each such worker and its modules
 */
export function refuseDuplicates({
  workers,
}: {
  readonly workers: readonly Pick<WorkerFact, 'module' | 'name'>[]
}): void {
  const modules = new Map<string, string[]>()
  for (const { name, module } of workers) {
    const known = modules.get(name)
    if (known === undefined) modules.set(name, [module])
    else known.push(module)
  }
  const problems = [...modules]
    .filter(([, claimants]) => claimants.length > 1)
    .map(([name, claimants]) => ({
      path: 'workers',
      message: `worker "${name}" is defined by ${claimants.join(' and by ')}`,
    }))
  if (problems.length > 0) throw new ConfigError(problems)
}
