/** A server that a test may kill and restart without harming others. */
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startEmbedded, type EmbeddedServer } from '../../src/embedded/server.ts'
import { findPostmaster } from '../../src/embedded/postmaster.ts'
import { waitForExit } from '../../src/embedded/processes.ts'
import { temporaryFolder } from './temporary-folder.ts'

const exitWithinMs = 30_000

/** The signals that PostgreSQL's shutdown modes are. */
const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

export interface PrivateServer {
  /** Stays the same over restarts. */
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** Kill the server's main process; its sessions end as soon as they wait for something. */
  readonly kill9: () => Promise<void>
  /** Stop with a signal and start again; `immediate` ends without a checkpoint, as a crash does. */
  readonly restart: (mode: 'fast' | 'immediate') => Promise<void>
  /** Start it after a `kill9` or `stop`, on the same port. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Stop it and remove its files. */
  readonly remove: () => Promise<void>
}

export interface PrivateServerOptions {
  /** Whether commits reach the disk; needed only by tests that rely on it. Default: false */
  readonly fsync?: boolean
  /** More server settings. */
  readonly settings?: Readonly<Record<string, string>>
}

/** For an exit that nobody has prepared: a postmaster has a session of its own, and outlives us. */
function abandon(dataDir: string): void {
  try {
    const [pid] = readFileSync(join(dataDir, 'data', 'postmaster.pid'), 'utf8').split('\n')
    process.kill(Number(pid), signals.immediate)
  } catch {
    // It is down.
  }
}

/** Start a server on a cluster of its own. Call `remove()` at the end of the test. */
export async function startPrivateServer(
  options: PrivateServerOptions = {},
): Promise<PrivateServer> {
  const dataDir = temporaryFolder()
  const settings = { fsync: options.fsync === true ? 'on' : 'off', ...options.settings }
  const boot = () => startEmbedded({ dataDir, settings })
  let server: EmbeddedServer = await boot()
  const { url, port } = server
  const onExit = () => {
    abandon(dataDir)
  }
  process.once('exit', onExit)

  const start = async () => {
    server = await boot()
    if (server.port !== port) throw new Error(`port ${port} was taken while the server was down`)
  }
  const end = async (signal: NodeJS.Signals) => {
    const found = await findPostmaster(join(dataDir, 'data'))
    if (!found) return
    process.kill(found.pid, signal)
    const hasEnded = await waitForExit(found.pid, exitWithinMs)
    if (!hasEnded) throw new Error(`${signal} did not end process ${found.pid}`)
  }
  const stop = () => end(signals.fast)

  return {
    url,
    port,
    dataDir,
    kill9: () => end('SIGKILL'),
    restart: async (mode) => {
      await end(signals[mode])
      await start()
    },
    start,
    stop,
    remove: async () => {
      await stop()
      await rm(dataDir, { recursive: true })
      process.off('exit', onExit)
    },
  }
}
