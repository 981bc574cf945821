/**
 * What a command works with: `oban.config.{js,mjs,ts}`, over it the `OBAN_*` variables, over both its
 * options. The same for every command, so that `oban jobs` looks where `oban start` runs.
 */
import { parseConfig, type Config } from '../config.ts'
import { withParts } from '../config/check.ts'
import type { ObanOptions } from '../config/options.ts'
import { optionNames } from '../config/schema.ts'
import { ConfigError, type Problem } from '../errors.ts'
import { loadConfig } from './settings/config-file.ts'
import type { HealthAddress } from './settings/health.ts'
import { mergeSettings } from './settings/merge.ts'
import { lookUp, type Given } from './settings/sourced.ts'

export interface Settings {
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined
  /** As `new Oban()` takes them. */
  readonly options: ObanOptions
  /** The same, checked, with the defaults. */
  readonly config: Config
  /** Where to answer an orchestrator; undefined for nowhere. */
  readonly health: HealthAddress | undefined
  /** What variables and options replaced: by its path, the name of the variable or option. */
  readonly replaced: ReadonlyMap<string, string>
}

/** What a command that starts no node makes use of; a mistake elsewhere does not stop it. */
const OF_A_DATABASE: ReadonlySet<string> = new Set(['database', 'name', 'prefix'])

/**
 * Read the settings, and check them.
 *
 * @param scope - all of them for a command that runs a node; else the database, the schema and the
 *   name, and that there is no setting of a wrong name, which might be meant for one of these
 * @throws {ConfigError} with every problem, and where the wrong value was given
 */
export async function resolveSettings(
  given: Given,
  scope: 'database' | 'node' = 'database',
): Promise<Settings> {
  const named = lookUp('config', given)
  const loaded = await loadConfig(
    process.cwd(),
    named && { path: named.text, source: named.source },
  )
  const file = 'file' in loaded ? loaded.file : undefined
  const { options, health, origins, problems } = mergeSettings(file, given)
  const { config, found } = tryParse(scope === 'node' ? options : ofDatabase(options))
  const all = [
    ...('problem' in loaded ? [loaded.problem] : []),
    ...(scope === 'node' ? problems : problems.filter(({ path }) => isOfDatabase(path))),
    ...(scope === 'node' ? idleMode(options).map((problem) => origins.locate(problem)) : []),
    // Of what could not be read, the schema has something to say as well.
    ...found
      .filter(({ path }) => !problems.some((known) => known.path === path))
      .map((problem) => origins.locate(problem)),
  ]
  if (config === undefined || all.length > 0) throw new ConfigError(all)

  return { file: file?.path, options, config, health, replaced: origins.replaced }
}

interface Parsed {
  readonly config?: Config
  readonly found: readonly Problem[]
}

function tryParse(options: ObanOptions): Parsed {
  try {
    return { config: parseConfig(options), found: [] }
  } catch (error) {
    if (error instanceof ConfigError) return { found: error.problems }
    throw error
  }
}

/** A configuration that is made for tests would be a node that is up, and runs nothing. */
function idleMode({ testing }: ObanOptions): Problem[] {
  if (testing !== 'inline' && testing !== 'manual') return []
  const message = `expected "disabled" for a node that is to run jobs, found "${testing}"`

  return [withParts({ path: 'testing', message })]
}

function isOfDatabase(path: string): boolean {
  return OF_A_DATABASE.has(path.split(/[.[]/, 1)[0] ?? '')
}

function ofDatabase(options: ObanOptions): ObanOptions {
  const used = Object.entries(options).filter(
    ([key]) => OF_A_DATABASE.has(key) || !optionNames.has(key),
  )

  return Object.fromEntries(used)
}
