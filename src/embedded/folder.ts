/**
 * Where an embedded server keeps what it needs.
 *
 * A folder is used only by the user that owns it, root included: files that two users write end up
 * unreadable to one of them, and root must not follow links that somebody else has planted.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { chmod, lstat, mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { EmbeddedError } from '../database-errors.ts'
import { ownServerHint, serverUser, type SystemUser } from './program.ts'

/** The files of one embedded server. All paths are absolute. */
export interface Folder {
  readonly path: string
  /** The cluster, owned by the user that the server runs as. */
  readonly data: string
  readonly lock: string
  readonly log: string
  readonly password: string
  readonly port: string
}

function layout(path: string): Folder {
  const file = (name: string) => join(path, name)

  return {
    path,
    data: file('data'),
    lock: file('lock'),
    log: file('server.log'),
    password: file('password'),
    port: file('port'),
  }
}

/** Root's folders must let the server's user through; what is secret inside has a mode of its own. */
function folderMode(): number {
  return process.getuid?.() === 0 ? 0o711 : 0o700
}

/** The first folder on the way to `path` that `user` may not pass. */
function blockedAt(path: string, user: SystemUser): string | undefined {
  const parent = dirname(path)
  const above = parent === path ? undefined : blockedAt(parent, user)
  if (above !== undefined) return above
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  const bit = stats.uid === user.uid ? 0o100 : stats.gid === user.gid ? 0o010 : 0o001

  return (stats.mode & bit) === 0 ? path : undefined
}

async function make(path: string): Promise<string | undefined> {
  try {
    const created = await mkdir(path, { recursive: true, mode: folderMode() })
    // What was there before is not ours to change.
    if (created === undefined) return undefined
    // The umask may have cut what the server's user needs.
    await chmod(path, folderMode())
    await writeFile(join(path, '.gitignore'), '*\n')

    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Make the folder fit for use. Returns why it is not, if so. */
async function prepare(path: string): Promise<string | undefined> {
  const user = await serverUser(join(path, 'data'))
  const before = user && blockedAt(dirname(path), user)
  const problem = before === undefined ? await make(path) : undefined
  if (problem !== undefined) return problem
  const blocked = before ?? (user && blockedAt(path, user))
  if (blocked !== undefined) return `the server's user (uid ${user?.uid}) may not pass ${blocked}`
  const { uid, mode } = await stat(path)
  const me = process.getuid?.()
  if (me !== undefined && uid !== me) return `it belongs to uid ${uid}, this process to uid ${me}`
  if (me !== undefined && (mode & 0o002) !== 0) return 'everybody may write to it'

  return undefined
}

/**
 * The folder of this user below the system's temporary folder, where anybody could have made it first.
 *
 * @throws {EmbeddedError} when it is not ours alone to write to
 */
export async function userFolder(): Promise<string> {
  const me = process.getuid?.()
  const path = join(await realpath(tmpdir()), me === undefined ? 'oban-ts' : `oban-ts-${me}`)
  const problem = await make(path)
  if (problem !== undefined) throw new EmbeddedError(`${problem}; ${ownServerHint}`)
  const stats = await lstat(path)
  const isOurs = stats.isDirectory() && (me === undefined || stats.uid === me)
  // Windows has no such bits: Node.js reports 0o666 for every folder.
  if (isOurs && (me === undefined || (stats.mode & 0o022) === 0)) return path
  throw new EmbeddedError(
    `others may write to ${path}; remove it, set TMPDIR to another folder, or ${ownServerHint}`,
  )
}

/**
 * Find the folder to use, and make it.
 *
 * @param dataDir - exactly this one. Default: `.oban` in the working folder or, where that is not
 *   usable, one for this user and this working folder below the system's temporary folder
 * @throws {EmbeddedError} when it cannot be used
 */
export async function openFolder(
  dataDir: string | undefined,
  onLog: (line: string) => void,
): Promise<Folder> {
  const path = resolve(dataDir ?? '.oban')
  const problem = await prepare(path)
  if (problem === undefined) return layout(await realpath(path))
  if (dataDir !== undefined) {
    throw new EmbeddedError(`cannot keep a server in ${path}: ${problem}; ${ownServerHint}`)
  }
  const working = await realpath(dirname(path))
  const hash = createHash('sha256').update(working).digest('hex').slice(0, 12)
  const own = join(await userFolder(), `${basename(working)}-${hash}`)
  onLog(`cannot keep a server in ${path}: ${problem}; using ${own}`)
  const again = await prepare(own)
  if (again === undefined) return layout(own)
  throw new EmbeddedError(`cannot keep a server in ${own}: ${again}; ${ownServerHint}`)
}
