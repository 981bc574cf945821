/** Sorts the `workers` option into modules, which threads can load, and definitions. */
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isWorker } from '../worker/definition.ts'
import { attempt, found } from './input.ts'

/** A file that exists, as a `file:` URL, or why the entry cannot be one. */
type Located = { readonly href: string } | { readonly problem: string }

const EXPECTED = "expected new URL('./workers.js', import.meta.url)"

/** Whether a value was made by `defineWorker`, by this copy of the library or by another. */
export function isDefinition(value: unknown): value is object {
  return attempt(() => isWorker(value), false)
}

/**
 * Find the file of a worker module. Where `x.js` is missing and `x.ts` exists it is `x.ts`, so that
 * one option serves the sources and the build.
 *
 * @param expected - what the entry may be, in words
 */
export function locateModule(
  entry: unknown,
  expected = `${EXPECTED}, an absolute path or a worker`,
): Located {
  if (entry instanceof URL) {
    if (entry.protocol !== 'file:')
      return { problem: `expected a file: URL, found ${entry.protocol}` }
    const path = attempt(() => fileURLToPath(entry), undefined)

    return path === undefined
      ? { problem: 'expected a file: URL of this machine, found one with a host' }
      : locateFile(path, entry.search)
  }
  if (typeof entry !== 'string' || !isAbsolute(entry)) {
    return { problem: `${expected}, found ${found(entry)}` }
  }

  return locateFile(entry, '')
}

function locateFile(path: string, search: string): Located {
  const source = path.replace(/\.([cm]?)js$/, '.$1ts')
  const file = [path, source].find(isFile)
  if (file === undefined) return { problem: `there is no file ${JSON.stringify(path)}` }

  return { href: pathToFileURL(file).href + search }
}

function isFile(path: string): boolean {
  // statSync throws for a U+0000 in a path and for a folder that may not be entered.
  return attempt(() => statSync(path, { throwIfNoEntry: false })?.isFile() === true, false)
}
