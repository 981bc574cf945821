/** Who takes part in drains: we with some settings, and the raw statements. */
import { Client } from 'pg'
import { drainOnce, warmUp } from './drain-run.ts'
import type { Contender, Stage } from './family.ts'
import { Program } from './program.ts'
import { systemOnOurs, type System } from './system.ts'

export interface Settings {
  readonly limit: number
  /** 0 for an inline queue. */
  readonly threads: number
  readonly prefetch: number
  /** What claims wait for. Default: what the database says */
  readonly fetch?: 'off'
}

/** As `threads-1/limit-100/prefetch-500`. */
export function nameOf({ limit, threads, prefetch, fetch }: Settings): string {
  const where = threads === 0 ? 'inline' : `threads-${threads}`
  const more = [
    ...(prefetch > 0 ? [`prefetch-${prefetch}`] : []),
    ...(fetch === undefined ? [] : [`fetch-${fetch}`]),
  ]

  return [where, `limit-${limit}`, ...more].join('/')
}

/** The queue `bench` of a node, at rest. */
export function queueOf({ limit, threads, prefetch }: Settings): object {
  const where = threads === 0 ? { execution: 'inline' } : { threads }

  return { bench: { limit, prefetch, paused: true, ...where } }
}

export function startOurs(
  stage: Stage,
  url: string,
  queues: object,
  synchronousCommit: object = {},
): Promise<Program> {
  return Program.start({
    file: './programs/ours.js',
    input: { url, queues, synchronousCommit },
    execArgv: stage.execArgv,
  })
}

export interface RawSettings {
  readonly limit: number
  /** Its claims go on behind the last one, as ours do in a backlog. Default: each looks from the front */
  readonly goesOn?: boolean
}

export function startRaw(url: string, settings: RawSettings): Promise<Program> {
  return Program.start({ file: './programs/raw.js', input: { url, ...settings } })
}

/** Give it a fresh database; both are gone afterwards. */
export async function onDatabase<Result>(
  { server }: Stage,
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  const url = await server.database()
  try {
    return await use(url)
  } finally {
    await server.drop(url)
  }
}

/** A session of its own. */
export async function onClient<Result>(url: string, use: (client: Client) => Promise<Result>) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** Run a system on a fresh database, and close it. */
export function withSystem<Result>(
  stage: Stage,
  open: (url: string) => Promise<System>,
  use: (system: System, url: string) => Promise<Result>,
): Promise<Result> {
  return onDatabase(stage, async (url) => {
    const system = await open(url)
    try {
      return await use(system, url)
    } finally {
      await system.close()
    }
  })
}

export function openOurs(stage: Stage, settings: Settings) {
  return async (url: string): Promise<System> =>
    systemOnOurs(
      url,
      stage.options.bytes,
      await startOurs(stage, url, queueOf(settings), { fetch: settings.fetch }),
    )
}

export function openRaw(stage: Stage, settings: RawSettings) {
  return async (url: string): Promise<System> =>
    systemOnOurs(url, stage.options.bytes, await startRaw(url, settings))
}

async function drainFresh(system: System, { server, options }: Stage) {
  await warmUp([system])

  return drainOnce(server, [system], options.n)
}

export function ours(settings: Settings): Contender {
  return {
    name: nameOf(settings),
    measure: (stage) =>
      withSystem(stage, openOurs(stage, settings), (system) => drainFresh(system, stage)),
  }
}

export function ceilingName({ limit, goesOn = false }: RawSettings): string {
  return `ceiling-${limit}${goesOn ? '-going-on' : ''}`
}

export function ceiling(settings: RawSettings): Contender {
  return {
    name: ceilingName(settings),
    measure: (stage) =>
      withSystem(stage, openRaw(stage, settings), (system) => drainFresh(system, stage)),
  }
}
