/**
 * Puts together what an instance is like: the file, over it the environment, over both the options of
 * the command. Reads only; what comes out is checked as the options of `new Oban()` are.
 */
import type { DatabaseOptions, ObanOptions } from '../../config/options.ts'
import type { Problem } from '../../errors.ts'
import { nearest } from '../../suggestion.ts'
import type { ConfigFile } from './config-file.ts'
import { LOG_KINDS, settingOptions } from './options.ts'
import { Origins } from './origins.ts'
import { readQueues } from './queue-list.ts'

type Option = keyof typeof settingOptions

export interface Given {
  /** Of the command line: those that the command has, and others. */
  readonly options: Readonly<Record<string, unknown>>
  readonly env: NodeJS.ProcessEnv
}

export interface Merged {
  readonly options: ObanOptions
  /** What could not be read of variables and options. */
  readonly problems: readonly Problem[]
  readonly origins: Origins
}

/** A text, and the name of the variable or the option that it came from. */
export interface Sourced {
  readonly text: string
  readonly source: string
}

/** What an option of the command says, else its variable: one that is set to nothing is not set. */
export function lookUp(option: Option, { options, env }: Given): Sourced | undefined {
  const given = options[option]
  if (typeof given === 'string') return { text: given, source: `--${option}` }
  const spec: { readonly variable?: string } = settingOptions[option]

  return spec.variable === undefined ? undefined : variable(spec.variable, env)
}

function variable(name: string, env: NodeJS.ProcessEnv): Sourced | undefined {
  const text = env[name]

  return text === undefined || text === '' ? undefined : { text, source: name }
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
      ...this.#logger(),
    }

    return { options, problems: this.#problems, origins: this.#origins }
  }

  /** Texts that are, or become, the value itself; the schema says what is wrong with them. */
  #simple(): ObanOptions {
    return {
      ...this.#replace('prefix', 'prefix', String),
      ...this.#replace('name', 'name', String),
      ...this.#replace('node', 'node', String),
    }
  }

  #replace(option: Option, key: keyof ObanOptions, read: (text: string) => unknown): ObanOptions {
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
      (own === undefined ? variable('DATABASE_URL', this.#given.env) : undefined)
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
    const found = lookUp('log', this.#given)
    if (found === undefined) return {}
    this.#origins.note('logger', found.source)
    if (found.text === 'json' || found.text === 'pretty') return { logger: found.text }
    if (found.text === 'silent') return { logger: false }

    const suggestion = nearest(found.text, LOG_KINDS)
    const message = `expected json, pretty or silent, found "${found.text}"`
    this.#refuse(
      { path: 'logger', message, ...(suggestion !== undefined && { suggestion }) },
      found,
    )

    return {}
  }

  #refuse(problem: Problem, { source }: Sourced): void {
    this.#problems.push({ ...problem, source })
  }
}

function withListen(database: DatabaseOptions, listen: string): DatabaseOptions {
  return typeof database === 'string' ? { url: database, listen } : { ...database, listen }
}
