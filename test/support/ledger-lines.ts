/** What bodies of jobs wrote down about themselves: files in a folder, one for each writer. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Every line, file by file. One whose writer was killed in the middle of it has no end, and does not count.
 *
 * @param ending - of the names of its files. Default: all in the folder are of the ledger
 */
export function ledgerLines(folder: string, ending = ''): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
}

/** The job that a line is about, where it is `<kind> <id> …`. */
export function entryOf(line: string): { readonly kind: string; readonly id: string } {
  const [kind = '', id = ''] = line.split(' ')

  return { kind, id }
}
