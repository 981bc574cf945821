import type { ObanOptions } from './options.ts'

/**
 * The options of an instance as they were given, with their types, for an `oban.config.ts` that `oban
 * start` reads. Checks nothing: the start does.
 *
 * @example
 * ```ts
 * export default defineConfig({ queues: { default: 10 } })
 * ```
 */
export function defineConfig(options: ObanOptions): ObanOptions {
  return options
}
