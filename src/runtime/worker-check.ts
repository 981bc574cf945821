/** What the worker modules define, found out before the first job. */
import type { Clock } from '../clock.ts'
import type { Config, QueueConfig } from '../config.ts'
import { ConfigError } from '../errors.ts'
import { loadModules, type Loaded } from '../threads/modules.ts'
import { probe, refuseDuplicates } from '../threads/probe.ts'
import { serializeError } from '../threads/serialized-error.ts'
import { loadSetup } from '../threads/setup.ts'
import { within } from './within.ts'
import { reportModule } from './report.ts'

/**
 * Load the modules where the queues will: in a thread, on the main thread, or both. A module that does
 * not load is reported once, and the others work.
 *
 * @returns the modules that do not load
 * @throws {ConfigError} when two modules define one worker, or one ends the thread that loads it,
 * and when the setup module cannot be used
 */
export async function checkModules(config: Config, clock: Clock): Promise<Set<string>> {
  const failedModules = new Set<string>()
  const { queues, threadOptions, workers } = config
  const { modules } = workers
  const { env, preload, setup, bootMs } = threadOptions
  if (queues.length === 0 || (modules.length === 0 && setup === undefined)) return failedModules
  const { name, prefix, notifier, unknownWorkers, maxArgsBytes } = config
  const bounds = { unknownWorkers, maxArgsBytes }
  const data = { instance: name, prefix, notifier, modules, preload, setup, ...bounds }
  const isUsed = (place: QueueConfig['execution']) =>
    queues.some(({ execution }) => execution === place)
  const loaded: Loaded[] = []
  // The thread goes first: a module that ends what loads it must not get at the process.
  if (isUsed('threads')) loaded.push(await probe({ data, env, clock, bootMs }))
  if (isUsed('inline')) loaded.push(await loadHere(config, clock))
  loaded.forEach(refuseDuplicates)
  const origin = { instance: name, node: config.node }
  for (const failure of loaded.flatMap(({ failures }) => failures)) {
    reportModule({ origin, failedModules }, failure)
  }

  return failedModules
}

/**
 * The same on the main thread, where nothing can be ended: what takes too long is only given up.
 *
 * @throws {ConfigError} when it takes too long, and when the setup module cannot be used
 */
export async function loadHere({ workers, threadOptions }: Config, clock: Clock): Promise<Loaded> {
  const { setup, bootMs } = threadOptions
  let loading = ''
  const loaded = loadModules(workers.modules, (module) => {
    loading = module
  })
  const late = () =>
    `${loading} did not finish loading; all modules have ${bootMs} ms (bootTimeout)`
  const found = await within(clock, bootMs, loaded, () => refusal('workers', late()))
  try {
    await loadSetup(setup)
  } catch (error) {
    throw refusal('threadOptions.setup', `${setup}: ${serializeError(error).message}`, error)
  }

  return found
}

function refusal(path: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path, message }], { cause })
}
