/** The server's main process: found through its pid file, started, watched until ready, stopped. */
import { spawn } from 'node:child_process'
import { open, readFile, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedError } from '../database-errors.ts'
import type { Binaries } from './binaries.ts'
import type { Folder } from './folder.ts'
import { processStart, servesCluster, waitForExit } from './processes.ts'
import { readIfPresent } from './read-if-present.ts'
import { programEnvironment, run, spawnFailure, type SystemUser } from './program.ts'

const fastShutdownMs = 60_000
const immediateShutdownMs = 10_000
const maxLogBytes = 10 * 1024 * 1024

/** What to start. */
export interface Launch {
  readonly folder: Folder
  readonly binaries: Binaries
  readonly user: SystemUser | undefined
  readonly port: number
  /** Server settings, as for `postgres -c`. */
  readonly settings: Readonly<Record<string, string>>
}

/** A server process that we started. */
export interface Postmaster {
  readonly pid: number
  isRunning(): boolean
  /** What it has written to its log since its start. */
  output(): Promise<string>
}

/** A server process that somebody started. */
export interface Found {
  readonly pid: number
  readonly port: number
}

/**
 * Find the process that runs the cluster, ready or not.
 *
 * A pid file whose process is gone, or is by now another program, is removed in the second case:
 * PostgreSQL itself would see a living process and refuse to start for ever.
 */
export async function findPostmaster(data: string): Promise<Found | undefined> {
  const file = join(data, 'postmaster.pid')
  const [pid, , , port] = (readIfPresent(file) ?? '').split('\n').map(Number)
  if (pid === undefined || port === undefined) return undefined
  if ((await processStart(pid)) === undefined) return undefined
  if (await servesCluster(pid, data)) return { pid, port }
  await rm(file, { force: true })

  return undefined
}

/** Open the log to append; start it anew when it is long, as nobody else cuts it. */
async function openLog(path: string): Promise<FileHandle> {
  const log = await open(path, 'a', 0o600)
  const { size } = await log.stat()
  if (size > maxLogBytes) await log.truncate()

  return log
}

/**
 * Start the server. It outlives this process, and neither it nor its log keep it alive.
 *
 * @throws {EmbeddedError} when the program cannot run
 */
export async function launch(options: Launch): Promise<Postmaster> {
  const { folder, binaries, user, port, settings } = options
  const log = await openLog(folder.log)
  const { size: logStart } = await log.stat()
  const ours = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' }
  const flags = Object.entries({ ...settings, ...ours }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const child = spawn(binaries.postgres, ['-D', folder.data, ...flags], {
    cwd: folder.path,
    env: programEnvironment(),
    // Out of the terminal's process group: Ctrl-C would stop the server below a graceful shutdown.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    windowsHide: true,
    ...user,
  })
  // Listened to before anything is awaited: it is emitted at once, and would end the host.
  const failures: Error[] = []
  child.on('error', (error) => failures.push(error))
  child.unref()
  await log.close()
  const { pid } = child
  if (pid === undefined) throw spawnFailure(binaries.postgres, failures[0])

  return {
    pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    output: async () => (await readFile(folder.log)).subarray(logStart).toString().trim(),
  }
}

/**
 * Stop the server and wait until it is gone. Open transactions are rolled back.
 *
 * @throws {EmbeddedError} when it survives even an immediate shutdown
 */
export async function shutDown(pid: number, folder: Folder, binaries: Binaries): Promise<void> {
  if (process.platform === 'win32') {
    // Signals end a process at once there; pg_ctl asks through an event of its own.
    return run(
      binaries.pgCtl,
      ['stop', '-D', folder.data, '-m', 'fast', '-w'],
      folder.path,
      undefined,
    )
  }
  process.kill(pid, 'SIGINT')
  if (await waitForExit(pid, fastShutdownMs)) return
  process.kill(pid, 'SIGQUIT')
  if (await waitForExit(pid, immediateShutdownMs)) return
  throw new EmbeddedError(`the server (process ${pid}) in ${folder.path} does not stop; end it`)
}
