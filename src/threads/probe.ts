/**
 * Loads the worker modules once, in a thread that runs no job, to know at the start what they define
 * and which of them do not load.
 */
import type { Clock } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import { Cells } from './cells.ts'
import type { Loaded } from './modules.ts'
import type { FromThread, ThreadData } from './protocol.ts'
import { BOOT_MS, spawnThread, type Spawned } from './spawn.ts'

export interface ProbeOptions {
  readonly data: Omit<ThreadData, 'cells' | 'lease' | 'queue' | 'thread'>
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
}

/**
 * @throws {ConfigError} when a module ends the thread that loads it, or does not come to an end
 */
export async function probe({ data, env, clock }: ProbeOptions): Promise<Loaded> {
  let spawned: Spawned | undefined
  let callOff: (() => void) | undefined
  let cause = ''
  try {
    return await new Promise<Loaded>((resolve, reject) => {
      const fail = (message: string, error?: unknown) => {
        reject(new ConfigError([{ path: 'workers', message }], { cause: error }))
      }
      const onMessage = (message: FromThread) => {
        if (message.type === 'ready') resolve(message)
        else if (message.type === 'dying') cause = ` (${message.cause})`
      }
      const thread = {
        ...data,
        queue: '',
        thread: 'probe',
        lease: new SharedArrayBuffer(8),
        cells: new Cells().buffer,
      }
      spawned = spawnThread({ name: 'oban:probe', data: thread, env, onMessage })
      const { worker, drain } = spawned
      callOff = clock.after(BOOT_MS, () => {
        fail(`the modules did not load within ${BOOT_MS} ms: ${data.modules.join(', ')}`)
      })
      worker.once('error', (error: unknown) => {
        fail(`a module ended the thread that loads it: ${String(error)}`, error)
      })
      worker.once('exit', (code) => {
        drain()
        fail(`a module ended the thread that loads it with exit code ${code}${cause}`)
      })
    })
  } finally {
    callOff?.()
    await spawned?.worker.terminate()
  }
}

/**
 * Refuse two modules that define workers of one name: which one runs would be chance.
 *
 * @throws {ConfigError} naming each such worker and its modules
 */
export function refuseDuplicates({ workers }: Loaded): void {
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
