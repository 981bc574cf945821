/** Shows what `oban start` would run with, without secrets. */
import type { Config, DatabaseConfig } from '../../config.ts'
import { hidePassword, nameOf } from '../../engine/client.ts'
import type { Settings } from '../settings.ts'

/** What stands for a value that may be a secret. */
const HIDDEN = '***'

/** The resolved configuration as JSON, with where its parts came from. */
export function drawDryRun(settings: Settings, indent: number): string {
  const { file, config, health, replaced } = settings
  const { cron, workers, threadOptions, logger, database, onFatal: _, ...plain } = config
  const shown = {
    file: file ?? null,
    replaced: Object.fromEntries(replaced),
    health: health ?? null,
    config: {
      database: database === undefined ? null : drawDatabase(database),
      ...plain,
      workers: { modules: workers.modules, definitions: workers.definitions.map(nameOfWorker) },
      // Variables are what secrets are given by.
      threadOptions: { ...threadOptions, env: hideValues(threadOptions.env) },
      cron: cron === false ? false : drawCron(cron),
      logger: typeof logger === 'object' ? drawLogger(logger) : logger,
    },
  }

  return JSON.stringify(
    shown,
    (_key, value: unknown) => (value === Infinity ? 'infinity' : value),
    indent,
  )
}

function drawDatabase(database: DatabaseConfig): object {
  if (database.kind === 'embedded') return database
  const listen = database.listen === undefined ? {} : { listen: hidePassword(database.listen) }
  if (database.kind === 'url') return { url: hidePassword(database.url), ...listen }

  return { pool: nameOf(database.pool.options), ...listen }
}

function hideValues(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(env).map((name) => [name, HIDDEN]))
}

function nameOfWorker(definition: object): unknown {
  return Reflect.get(definition, 'name')
}

/** Without the arguments, which are as private as those of any job. */
function drawCron({ timezone, crontab }: Exclude<Config['cron'], false>): object {
  return {
    timezone,
    crontab: crontab.map(({ worker, rule }) => ({ worker, rule: rule.expression })),
  }
}

function drawLogger(logger: object): unknown {
  return logger === console ? 'console' : `an instance of ${logger.constructor.name}`
}
