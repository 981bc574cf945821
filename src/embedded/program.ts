/** How the programs of PostgreSQL are run: as whom, and with which environment. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { EmbeddedError } from '../database-errors.ts'

/** The last words of every message: there is always this way out. */
export const ownServerHint = 'set DATABASE_URL to use a PostgreSQL of your own'

/** A user of the operating system. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

async function lookUp(name: string): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map((flag) => promisify(execFile)('id', [flag, name])),
    )

    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) }
  } catch {
    // `id` exits with 1 for a name that this system does not have.
    return undefined
  }
}

/**
 * Choose the user that the server runs as. PostgreSQL refuses to run as root.
 *
 * @param data - the cluster; one that exists belongs to the user that has to run it
 * @returns `undefined` when that is the user we are
 */
export async function serverUser(data: string): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(data)) {
    const { uid, gid } = await stat(data)

    return { uid, gid }
  }
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const user = await lookUp(name)
    if (user) return user
  }
  throw new EmbeddedError(
    `PostgreSQL does not run as root, and there is neither a user postgres nor nobody; ${ownServerHint}`,
  )
}

/**
 * The environment of the programs. The host's is left out: PG* variables would change the server, and
 * its other processes may read secrets. Windows programs do not start without theirs.
 */
export function programEnvironment(): NodeJS.ProcessEnv {
  const inherited = process.platform === 'win32' ? process.env : { PATH: process.env['PATH'] }

  return { ...inherited, LC_ALL: 'C', TZ: 'UTC' }
}

/** Say why a program could not run at all. */
export function spawnFailure(command: string, error: unknown): EmbeddedError {
  // The kernel reports a missing loader of an existing program as a missing program.
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const isMusl = code === 'ENOENT' && existsSync(command)
  const reason = isMusl ? 'this system has no glibc (musl?), which it needs' : String(error)

  return new EmbeddedError(`cannot run ${command}: ${reason}; ${ownServerHint}`, { cause: error })
}

/**
 * Run a program to its end.
 *
 * @throws {EmbeddedError} with what it wrote, when it cannot run or fails
 */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  user: SystemUser | undefined,
): Promise<void> {
  try {
    await promisify(execFile)(command, [...args], { cwd, env: programEnvironment(), ...user })
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    if (output === '') throw spawnFailure(command, error)
    throw new EmbeddedError(`${command} failed: ${output}; ${ownServerHint}`, { cause: error })
  }
}
