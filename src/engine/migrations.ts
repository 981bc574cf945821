/**
 * Reads `migrations/NNN_name.sql`: what each file does up and down, and how it may run.
 *
 * The folder lies two levels up from here in `src` as well as in `dist`.
 */
import { readdirSync, readFileSync } from 'node:fs'

export interface Migration {
  readonly version: number
  /** The file's name without `.sql`: `001_jobs`. */
  readonly name: string
  /** Skipped where another implementation made the jobs table. */
  readonly unlessJobs: boolean
  /** The index that this builds outside the transaction. */
  readonly index: string | undefined
  /** Runs only when asked for, and is never pending. */
  readonly optional: boolean
  readonly up: string
  readonly down: string
}

const folder = new URL('../../migrations/', import.meta.url)
const layout = /^-- up(?<flags>:.*)?\n(?<up>[^]*)^-- down\n(?<down>[^]*)/m

/**
 * Parse the text of a migration; what stands before `-- up` is prose.
 *
 * @throws {SyntaxError} when a part is missing
 */
export function parseMigration(name: string, text: string): Migration {
  const { flags = '', up, down } = layout.exec(text)?.groups ?? {}
  if (up === undefined || down === undefined) {
    throw new SyntaxError(`migration ${name} lacks "-- up" or "-- down"`)
  }

  return {
    version: Number.parseInt(name, 10),
    name,
    unlessJobs: flags.includes('unless oban_jobs exists'),
    index: flags.includes('concurrently')
      ? /INDEX CONCURRENTLY (?<index>\w+)/.exec(up)?.groups?.['index']
      : undefined,
    optional: flags.includes('optional'),
    up,
    down,
  }
}

/** Every migration that this version knows, in the order in which they run. */
export function loadMigrations(): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => parseMigration(file.slice(0, -4), readFileSync(new URL(file, folder), 'utf8')))
}
