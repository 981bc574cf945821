/**
 * Loads the worker modules once, in a thread that runs no job, to know at the start what they define
 * and which of them do not load.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { ConfigError } from '../errors.ts'
import type { Loaded } from './modules.ts'
import type { FromThread, ThreadData } from './protocol.ts'

const entry = createRequire(import.meta.url).resolve('#thread-entry')

export interface ProbeOptions {
  readonly data: Omit<ThreadData, 'lease' | 'queue' | 'thread'>
  readonly env: Readonly<Record<string, string>>
}

/**
 * @throws {ConfigError} when a module ends the thread that loads it
 */
export async function probe({ data, env }: ProbeOptions): Promise<Loaded> {
  const lease = new SharedArrayBuffer(8)
  const worker = new Worker(entry, {
    name: 'oban:probe',
    workerData: { ...data, queue: '', thread: 'probe', lease } satisfies ThreadData,
    env: { ...process.env, ...env },
  })
  try {
    return await new Promise<Loaded>((resolve, reject) => {
      const fail = (message: string, cause?: unknown) => {
        reject(new ConfigError([{ path: 'workers', message }], { cause }))
      }
      worker.once('message', (message: FromThread) => {
        if (message.type === 'ready') resolve(message)
        else fail(`a module ended the thread that loads it: ${message.type}`)
      })
      worker.once('error', (error: unknown) => {
        fail(`a module ended the thread that loads it: ${String(error)}`, error)
      })
      worker.once('exit', (code) => {
        fail(`a module ended the thread that loads it with exit code ${code}`)
      })
    })
  } finally {
    await worker.terminate()
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
