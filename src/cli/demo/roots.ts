/** The files and folders that the demo works on. */
import { realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { UsageError } from '../command.ts'
import { fileReason, isFileError } from './file-errors.ts'

/** Docs and sources of this package. An installed one has only `dist`. */
const OWN = ['docs', 'src', 'supervisors', 'test', 'migrations', 'README.md', 'CHANGELOG.md']

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function ownRoots(): string[] {
  const home = dirname(createRequire(import.meta.url).resolve('oban-ts/package.json'))
  const roots = OWN.map((name) => join(home, name)).filter(exists)

  return exists(join(home, 'src')) ? roots : [join(home, 'dist')]
}

function resolveRoot(given: string): string {
  try {
    const path = realpathSync(given)
    const stats = statSync(path)
    if (stats.isFile() || stats.isDirectory()) return path
  } catch (error) {
    if (!isFileError(error)) throw error
    const reason = error.code === 'ENOENT' ? 'there is no such file or folder' : fileReason(error)
    throw new UsageError(`cannot read "${given}": ${reason}`)
  }
  throw new UsageError(`cannot read "${given}": it is neither a file nor a folder`)
}

/**
 * Absolute paths without links, each once.
 *
 * @throws {UsageError} when one does not exist, or is neither a file nor a folder
 */
export function resolveRoots(given: readonly string[]): string[] {
  return [...new Set((given.length === 0 ? ownRoots() : given).map(resolveRoot))]
}
