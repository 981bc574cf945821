/** Finds and loads the file that says what `oban start` is to start. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ObanOptions } from '../../config/options.ts'
import { importModule } from '../../threads/typescript.ts'
import { UsageError } from '../command.ts'

const NAMES = ['oban.config.js', 'oban.config.mjs', 'oban.config.ts'] as const

/**
 * Find the file: the one that is named, else the first of its usual names in the folder.
 *
 * @throws {UsageError} when there is none
 */
export function findConfig(folder: string, named?: string): string {
  if (named !== undefined) {
    const path = resolve(folder, named)
    if (existsSync(path)) return path
    throw new UsageError(`there is no file ${path}`)
  }
  const path = NAMES.map((name) => join(folder, name)).find((file) => existsSync(file))
  if (path !== undefined) return path
  throw new UsageError(
    `there is no oban.config.js, .mjs or .ts in ${folder}; give one with --config <file>`,
  )
}

/**
 * Load the options that a file exports. They are checked later, with what replaces some of them.
 *
 * @throws {UsageError} when the file cannot be imported, or exports no options
 */
export async function loadConfig(path: string): Promise<ObanOptions> {
  const exported = defaultOf(await importConfig(path))
  // A file that was compiled to CommonJS carries its default export one level down.
  const options = defaultOf(exported) ?? exported
  if (typeof options === 'object' && options !== null) return options

  throw new UsageError(`${path} exports no options: export default defineConfig({ … })`)
}

function defaultOf(exports: unknown): unknown {
  return Reflect.get(Object(exports), 'default')
}

async function importConfig(path: string): Promise<object> {
  try {
    return await importModule(pathToFileURL(path).href)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`${path} does not load: ${reason}`, { cause: error })
  }
}
