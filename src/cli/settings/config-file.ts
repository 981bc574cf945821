/** Finds and loads `oban.config.{js,mjs,ts}`, which says what an instance is like. */
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ObanOptions } from '../../config/options.ts'
import type { Problem } from '../../errors.ts'
import { importModule } from '../../threads/typescript.ts'
import { banner } from '../../telemetry/words.ts'

const NAMES = ['oban.config.js', 'oban.config.mjs', 'oban.config.ts'] as const

/** The file that was read. */
export interface ConfigFile {
  readonly path: string
  /** As messages name it: seen from the folder of the command. */
  readonly name: string
  readonly options: ObanOptions
}

/** The file, if there is one, or why it cannot be used. */
export type Loaded = { readonly file: ConfigFile | undefined } | { readonly problem: Problem }

/**
 * Load the file that is named, else the first of its usual names in the folder. What it exports is
 * checked later, with what replaces some of it.
 *
 * @param named - a path, and whether an option or a variable gave it
 */
export async function loadConfig(
  folder: string,
  named?: { readonly path: string; readonly source: string },
): Promise<Loaded> {
  const path =
    named === undefined
      ? NAMES.map((name) => join(folder, name)).find((file) => existsSync(file))
      : resolve(folder, named.path)
  if (path === undefined) return { file: undefined }
  if (!existsSync(path)) return refused(`there is no file ${path}`, named?.source)

  const name = relative(folder, path)
  try {
    const exported = defaultOf(await importModule(pathToFileURL(path).href))
    // A file that was compiled to CommonJS carries its default export one level down.
    // A promise of options would pass for an object without any.
    const options: unknown = await (defaultOf(exported) ?? exported)
    if (typeof options === 'object' && options !== null) return { file: { path, name, options } }

    return refused('exports no options: export default defineConfig({ … })', name)
  } catch (error) {
    // The module is the user's, and may throw anything.
    return refused(`does not load: ${banner(error)}`, name)
  }
}

function refused(message: string, source: string | undefined): Loaded {
  return { problem: { path: '', message, ...(source !== undefined && { source }) } }
}

function defaultOf(exports: unknown): unknown {
  return Reflect.get(Object(exports), 'default')
}
