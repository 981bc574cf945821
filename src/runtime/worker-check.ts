/** What the worker modules define, found out before the first job. */
import type { Clock } from '../clock.ts'
import type { Config, QueueConfig } from '../config.ts'
import { emit } from '../telemetry/channels.ts'
import { loadModules, type Loaded } from '../threads/modules.ts'
import { probe, refuseDuplicates } from '../threads/probe.ts'
import { reviveError } from '../threads/serialized-error.ts'

/**
 * Load the modules where the queues will: in a thread, on the main thread, or both. A module that does
 * not load is reported once, and the others work.
 *
 * @throws {ConfigError} when two modules define one worker, or one ends the thread that loads it
 */
export async function checkModules(config: Config, clock: Clock): Promise<void> {
  const { queues, threadOptions, workers } = config
  const { modules } = workers
  if (queues.length === 0 || modules.length === 0) return
  const { env, preload } = threadOptions
  const { name, prefix, unknownWorkers, maxArgsBytes } = config
  const data = { instance: name, prefix, modules, preload, unknownWorkers, maxArgsBytes }
  const isUsed = (place: QueueConfig['execution']) =>
    queues.some(({ execution }) => execution === place)
  const loaded: Loaded[] = []
  // The thread goes first: a module that ends what loads it must not get at the process.
  if (isUsed('threads')) loaded.push(await probe({ data, env, clock }))
  if (isUsed('inline')) loaded.push(await loadModules(modules))
  loaded.forEach(refuseDuplicates)
  const failures = new Map(loaded.flatMap((each) => each.failures.map((one) => [one.module, one])))
  for (const { module, error } of failures.values()) {
    emit('module.failed', { instance: name, node: config.node, module, error: reviveError(error) })
  }
}
