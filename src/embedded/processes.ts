/**
 * What the operating system knows about a process that may not be our child.
 *
 * A process id alone proves nothing: it is used again, in a container after every restart. Linux is
 * read through `/proc`, as slim images have no `ps`. On Windows only the id is compared.
 */
import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

const pollMs = 20

async function readProc(pid: number, file: 'cmdline' | 'stat'): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // ENOENT before the open, ESRCH after it: either way the process is gone.
    return undefined
  }
}

async function workingFolder(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/cwd`)
  } catch {
    // It is gone, or somebody else's. In a container root may not look either.
    return undefined
  }
}

async function ps(pid: number, column: 'command' | 'lstart'): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', `${column}=`, '-p', String(pid)])

    return stdout.trim()
  } catch {
    // It exits with 1 when no process has the id.
    return undefined
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process may not be signalled, but is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Tell when a process started, as a text that is only good for comparing.
 *
 * @returns `undefined` when there is no such process, or only its zombie: an init that does not reap,
 *   as in many containers, keeps those for ever
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readProc(pid, 'stat')
    // The name in brackets may hold spaces and brackets itself; the fields are counted after it.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')

    return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19]
  }
  if (process.platform === 'win32') return exists(pid) ? 'unknown' : undefined

  return ps(pid, 'lstart')
}

/** Whether a process is a server at work on the cluster `data`, rather than one that has its old id. */
export async function servesCluster(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'win32') return true
  const isLinux = process.platform === 'linux'
  const cmdline = isLinux ? await readProc(pid, 'cmdline') : await ps(pid, 'command')
  const command = cmdline?.replaceAll('\0', ' ') ?? ''
  if (command.includes(` -D ${data} `)) return true
  // It may have been started by hand, on a relative path. It works in its data directory anyway.
  const folder = isLinux ? await workingFolder(pid) : undefined

  return folder === undefined ? command.includes('postgres') : folder === data
}

/**
 * Wait until a process, child or not, is gone.
 *
 * @returns false when it is still there after `timeoutMs` milliseconds
 */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  const first = await processStart(pid)
  // The id may be somebody else's as soon as the process is gone.
  for (let now = first; now !== undefined && now === first; now = await processStart(pid)) {
    if (performance.now() > deadline) return false
    await pause(pollMs)
  }

  return true
}
