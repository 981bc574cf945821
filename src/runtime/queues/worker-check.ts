/** What the worker modules define, found out before the first job. */
import type { Clock } from '../../clock.ts'
import type { CrontabRule } from '../../config/cron-schema.ts'
import type { Config, QueueConfig } from '../../config.ts'
import { ConfigError } from '../../errors.ts'
import { findWorker } from '../../registry.ts'
import { cronProblems, ownCrons } from '../../threads/cron-args.ts'
import { loadModules } from '../../threads/modules.ts'
import type { CronArgs, WorkerFact } from '../../threads/protocol.ts'
import { probe, refuseDuplicates, type Found } from '../../threads/probe.ts'
import { serializeError } from '../../threads/serialized-error.ts'
import { loadSetup } from '../../threads/setup.ts'
import { within } from '../within.ts'
import { reportModule } from '../report.ts'

export interface ModuleFacts {
  /** The modules that do not load. */
  readonly failedModules: Set<string>
  readonly workers: readonly WorkerFact[]
}

function argsOf({ worker, rule: { expression, args } }: CrontabRule): CronArgs {
  return { worker, expression, args }
}

/**
 * Load the modules where the queues will: in a thread, on the main thread, or both. A module that does
 * not load is reported once, and the others work.
 *
 * @returns the modules that do not load, and what the others define
 * @throws {ConfigError} when two modules define one worker, or one ends the thread that loads it,
 * when the setup module cannot be used, and when the arguments of a periodic job do not match
 */
export async function checkModules(config: Config, clock: Clock): Promise<ModuleFacts> {
  const failedModules = new Set<string>()
  const { cron, queues, threadOptions, workers } = config
  const { modules } = workers
  const { env, preload, setup, bootMs } = threadOptions
  // Where no queue runs, only what workers say of their periodic jobs is wanted.
  const isNeeded = queues.length > 0 || cron !== false
  if (!isNeeded || (modules.length === 0 && (setup === undefined || queues.length === 0))) {
    return { failedModules, workers: [] }
  }
  const { name, prefix, notifier, unknownWorkers, maxArgsBytes } = config
  const crontab = cron === false ? [] : cron.crontab.map(argsOf)
  const bounds = { unknownWorkers, maxArgsBytes }
  const data = { instance: name, prefix, notifier, modules, preload, setup, crontab, ...bounds }
  const isUsed = (place: QueueConfig['execution']) =>
    queues.some(({ execution }) => execution === place)
  const loaded: Found[] = []
  // The thread goes first: a module that ends what loads it must not get at the process.
  if (isUsed('threads') || queues.length === 0)
    loaded.push(await probe({ data, env, clock, bootMs }))
  if (isUsed('inline')) loaded.push(await loadHere(config, clock, crontab))
  loaded.forEach(refuseDuplicates)
  const origin = { instance: name, node: config.node }
  for (const failure of loaded.flatMap(({ failures }) => failures)) {
    reportModule({ origin, failedModules }, failure)
  }

  const [first] = loaded
  if (cron !== false && first !== undefined && first.cronProblems.length > 0) {
    throw new ConfigError(first.cronProblems)
  }

  return { failedModules, workers: first?.workers ?? [] }
}

/**
 * The same on the main thread, where nothing can be ended: what takes too long is only given up.
 *
 * @throws {ConfigError} when it takes too long, and when the setup module cannot be used
 */
export async function loadHere(
  { workers, threadOptions }: Config,
  clock: Clock,
  crontab: readonly CronArgs[] = [],
): Promise<Found> {
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

  return {
    ...found,
    cronProblems: await cronProblems([...ownCrons(found.workers), ...crontab], findWorker),
  }
}

function refusal(path: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path, message }], { cause })
}
