/** Brings a thread up: loads its modules, and has `setup()` make what the bodies get. */
import { setImmediate } from 'node:timers/promises'
import type { Problem } from '../errors.ts'
import { findWorker } from '../registry.ts'
import { cronProblems, ownCrons } from './cron-args.ts'
import { loadModules, type Loaded } from './modules.ts'
import type { ThreadData } from './protocol.ts'
import { loadSetup, type Setup } from './setup.ts'

export interface Boot {
  readonly loaded: Loaded
  readonly cronProblems: readonly Problem[]
  readonly setup: Setup
  /** What `setup()` gave. */
  readonly context: unknown
}

/**
 * @param onLoading - told of each module before any of its code runs
 * @throws {SetupFailure} when the setup module does not load, or `setup()` fails
 */
export async function boot(data: ThreadData, onLoading: (module: string) => void): Promise<Boot> {
  for (const specifier of data.preload) {
    onLoading(specifier)
    await import(specifier)
  }
  const loaded = await loadModules(data.modules, onLoading)
  const entries = data.isProbe ? [...ownCrons(loaded.workers), ...data.crontab] : []
  const problems = await cronProblems(entries, findWorker)
  if (data.setup !== undefined) onLoading(data.setup)
  const setup = await loadSetup(data.setup)
  // The probe runs no job: what it made would be made for nothing, and could fail for a moment only.
  const context = data.isProbe ? undefined : await setup.begin()
  // A rejection that it left behind ends the thread before it has any job to blame.
  await setImmediate()

  return { loaded, cronProblems: problems, setup, context }
}
