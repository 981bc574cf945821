import { readFileSync } from 'node:fs'

/** The text of a file that another process may remove at any moment; `undefined` when it did. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
