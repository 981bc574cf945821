/**
 * Puts together what an instance is like: the file, over it the environment, over both the options of
 * the command. Reads only; what comes out is checked as the options of `new Oban()` are.
 */
import { dirname } from 'node:path'
import { withParts } from '../../config/check.ts'
import { writePath } from '../../config/input.ts'
import type { DatabaseOptions, ObanOptions } from '../../config/options.ts'
import type { Problem } from '../../errors.ts'
import { nearest } from '../../suggestion.ts'
import type { ConfigFile } from './config-file.ts'
import { readHealth, type HealthAddress } from './health.ts'
import { LOG_KINDS } from './options.ts'
import { Origins } from './origins.ts'
import { readQueues } from './queue-list.ts'
import { lookUp, lookUpVariable } from './sourced.ts'
import type { Given, SettingName, Sourced } from './sourced.ts'
import { findWorkerFiles, splitPatterns } from './worker-files.ts'

export interface Merged {
  readonly options: ObanOptions
  readonly health: HealthAddress | undefined
  /** What could not be read of variables and options. */
  readonly problems: readonly Problem[]
  readonly origins: Origins
}

export function mergeSettings(file: ConfigFile | undefined, given: Given): Merged {
  const merge = new Merge(file, given)

  return merge.merged()
}

class Merge {
  readonly #file: ConfigFile | undefined
  readonly #given: Given
  readonly #origins: Origins
  readonly #problems: Problem[] = []

  constructor(file: ConfigFile | undefined, given: Given) {
    this.#file = file
    this.#given = given
    this.#origins = new Origins(file)
  }

  merged(): Merged {
    const options: ObanOptions = {
      ...this.#file?.options,
      ...this.#database(),
      ...this.#simple(),
      ...this.#queues(),
      ...this.#workers(),
      ...this.#logger(),
    }
    const health = this.#health()

    return { options, health, problems: this.#problems, origins: this.#origins }
  }

  /** Texts that are, or become, the value itself; the schema says what is wrong with them. */
  #simple(): ObanOptions {
    return {
      ...this.#replace('prefix', 'prefix', String),
      ...this.#replace('name', 'name', String),
      ...this.#replace('node', 'node', String),
      ...this.#gracePeriod(),
      ...this.#replace('leadership', 'leadership', readAnswer),
      ...this.#replace('metrics', 'metrics', readAnswer),
      ...this.#replace('notifier', 'notifier', String),
    }
  }

  #gracePeriod(): ObanOptions {
    const found = lookUp('shutdown-grace-period', this.#given)
    if (found === undefined) return {}
    this.#origins.note('shutdownGracePeriod', found.source)
    if (found.text === 'infinity') return { shutdownGracePeriod: 'infinity' }
    if (/^\d+(\.\d+)?$/.test(found.text)) {
      return { shutdownGracePeriod: { seconds: Number(found.text) } }
    }
    const message = `expected a number of seconds or infinity, found "${found.text}"`
    this.#refuse({ path: 'shutdownGracePeriod', message }, found)

    return {}
  }

  #replace(
    option: SettingName,
    key: keyof ObanOptions,
    read: (text: string) => unknown,
  ): ObanOptions {
    const found = lookUp(option, this.#given)
    if (found === undefined) return {}
    this.#origins.note(key, found.source)

    return { [key]: read(found.text) }
  }

  #database(): ObanOptions {
    const own = this.#file?.options.database
    const url =
      lookUp('database-url', this.#given) ??
      // The file has had its chance to read a variable that everybody uses.
      (own === undefined ? lookUpVariable('DATABASE_URL', this.#given.env) : undefined)
    const listen = lookUp('listen-url', this.#given)
    if (url !== undefined) this.#origins.note('database', url.source)
    const database = url?.text ?? own
    if (database === undefined) return {}
    if (listen === undefined) return { database }
    this.#origins.note('database.listen', listen.source)

    return { database: withListen(database, listen.text) }
  }

  #queues(): ObanOptions {
    const found = lookUp('queues', this.#given)
    if (found === undefined) return {}
    const known = this.#file?.options.queues ?? {}
    const { entries, problems } = readQueues(found.text, known)
    this.#origins.note('queues', found.source)
    for (const { path, origin } of entries) {
      const file = this.#file?.name ?? ''
      if (origin === 'file') this.#origins.note(path, file)
      if (origin !== 'both') continue
      this.#origins.note(path, `${found.source} over ${file}`)
      this.#origins.note(`${path}.limit`, found.source)
    }
    for (const message of problems) this.#refuse({ path: 'queues', message }, found)

    return { queues: Object.fromEntries(entries.map(({ name, queue }) => [name, queue])) }
  }

  #logger(): ObanOptions {
    const level = lookUp('log-level', this.#given)
    const kind = lookUp('log', this.#given)
    const logger = kind === undefined ? this.#file?.options.logger : this.#readKind(kind)
    if (level === undefined) return kind === undefined ? {} : { logger }
    this.#origins.note('logger.level', level.source)

    return { logger: withLevel(logger, level.text) }
  }

  #readKind(kind: Sourced): ObanOptions['logger'] {
    this.#origins.note('logger', kind.source)
    if (kind.text === 'json' || kind.text === 'pretty') return kind.text
    if (kind.text === 'silent') return false

    const suggestion = nearest(kind.text, LOG_KINDS)
    const message = `expected json, pretty or silent, found "${kind.text}"`
    this.#refuse({ path: 'logger', message, ...(suggestion !== undefined && { suggestion }) }, kind)

    return undefined
  }

  /** Patterns and relative paths of the file begin at its folder, those of an option at this one. */
  #workers(): ObanOptions {
    const found = lookUp('workers', this.#given)
    if (found !== undefined) {
      this.#origins.note('workers', found.source)

      return { workers: this.#findWorkers(splitPatterns(found.text), process.cwd(), found) }
    }
    const file = this.#file
    // What is no list is refused by the schema.
    if (!Array.isArray(file?.options.workers)) return {}
    const { options, path, name } = file

    return { workers: this.#findWorkers(options.workers ?? [], dirname(path), { source: name }) }
  }

  #findWorkers(
    entries: NonNullable<ObanOptions['workers']>,
    folder: string,
    from: Pick<Sourced, 'source'>,
  ): (object | string)[] {
    // Each entry keeps its place, which a problem with it is told by; the others it found come last.
    const others: string[] = []
    const first = entries.map((entry, index) => {
      if (typeof entry !== 'string' || entry === '' || entry.includes('://')) return entry
      const found = findWorkerFiles(entry, folder)
      if ('files' in found) {
        const [file = entry, ...rest] = found.files
        others.push(...rest)

        return file
      }
      this.#refuse({ path: writePath(['workers', index]), message: found.message }, from)

      return entry
    })

    return [...first, ...others]
  }

  #health(): HealthAddress | undefined {
    const port = lookUp('health-port', this.#given)
    const health = readHealth(port, lookUp('health-host', this.#given))
    if (health === undefined || 'port' in health) return health
    this.#problems.push(health)

    return undefined
  }

  #refuse(problem: Problem, { source }: Pick<Sourced, 'source'>): void {
    this.#problems.push({ ...withParts(problem), source })
  }
}

/** What cannot be read is handed on, for the schema to refuse. */
function readAnswer(text: string): unknown {
  if (text === 'true') return true

  return text === 'false' ? false : text
}

/** The schema refuses a level that there is not. Silence has none. */
function withLevel(logger: ObanOptions['logger'], level: string): ObanOptions['logger'] {
  if (logger === false) return false
  const own =
    typeof logger !== 'object' ? { encode: logger } : 'warn' in logger ? { logger } : logger

  return Object.assign({}, own, { level })
}

function withListen(database: DatabaseOptions, listen: string): DatabaseOptions {
  return typeof database === 'string' ? { url: database, listen } : { ...database, listen }
}
