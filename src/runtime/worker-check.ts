/** What the worker modules define, found out before the first job. */
import type { Config } from '../config.ts'
import { emit } from '../telemetry/channels.ts'
import { loadModules } from '../threads/modules.ts'
import { probe, refuseDuplicates } from '../threads/probe.ts'
import { reviveError } from '../threads/serialized-error.ts'

/**
 * Load the modules where the queues will: in a thread, on the main thread, or both. A module that
 * does not load is reported, and the others work.
 *
 * @throws {ConfigError} when two modules define one worker, or one ends the thread that loads it
 */
export async function checkModules(config: Config): Promise<void> {
  const { queues, threadOptions, workers } = config
  const { modules } = workers
  if (queues.length === 0 || modules.length === 0) return
  const { env, preload } = threadOptions
  const { name, prefix, unknownWorkers, maxArgsBytes } = config
  const data = { instance: name, prefix, modules, preload, unknownWorkers, maxArgsBytes }
  const loaded = queues.some(({ execution }) => execution === 'threads')
    ? await probe({ data, env })
    : await loadModules(modules)
  refuseDuplicates(loaded)
  for (const { module, error } of loaded.failures) {
    emit('module.failed', { instance: name, node: config.node, module, error: reviveError(error) })
  }
}
