/** Finds every file below a folder, one by one, so that a tree of any size needs little memory. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileReason, isFileError } from './file-errors.ts'

export type Found =
  | { readonly kind: 'file'; readonly path: string }
  /** A link, socket, pipe or device. Links are not followed: they may lead in circles. */
  | { readonly kind: 'skipped'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string }

/**
 * Walk down a folder, in the order of names.
 *
 * @param leaveOut - absolute path of a folder that is not entered
 */
export async function* walk(folder: string, leaveOut?: string): AsyncGenerator<Found> {
  let entries
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (!isFileError(error)) throw error
    yield { kind: 'unreadable', path: folder, reason: fileReason(error) }

    return
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))

  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (path !== leaveOut) yield* walk(path, leaveOut)
    } else {
      yield { kind: entry.isFile() ? 'file' : 'skipped', path }
    }
  }
}
