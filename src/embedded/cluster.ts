/** Creates the cluster: the files of the server, and the password of its one user. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedError } from '../database-errors.ts'
import type { Binaries } from './binaries.ts'
import type { Folder } from './folder.ts'
import { run, type SystemUser } from './program.ts'

/** Write a file that only `user` can read, which must not show half its content to a reader. */
async function writeSecret(path: string, text: string, user?: SystemUser): Promise<void> {
  await rm(`${path}.draft`, { force: true })
  await writeFile(`${path}.draft`, text, { mode: 0o600, flag: 'wx' })
  if (user) await chown(`${path}.draft`, user.uid, user.gid)
  await rename(`${path}.draft`, path)
}

/**
 * Whether the cluster is there. One whose creation was interrupted is not.
 *
 * @throws {EmbeddedError} when something else is there, or the cluster without its password
 */
export function hasCluster(folder: Folder): boolean {
  if (!existsSync(folder.data)) return false
  const missing = [join(folder.data, 'PG_VERSION'), folder.password].find(
    (file) => !existsSync(file),
  )
  if (missing === undefined) return true
  throw new EmbeddedError(
    `${folder.data} is no cluster that can be used: ${missing} is missing; choose another dataDir`,
  )
}

async function removeDrafts(folder: Folder): Promise<void> {
  const names = await readdir(folder.path)
  const drafts = names.filter((name) => name.startsWith('data.draft.'))
  const options = { recursive: true, force: true, maxRetries: 5 }
  await Promise.all(drafts.map((name) => rm(join(folder.path, name), options)))
}

/**
 * Create a cluster with the user `postgres` and a random password.
 *
 * It appears under its name only when it is whole: a process that dies half-way leaves nothing that
 * the next one could take for a cluster.
 *
 * @param durable - wait until everything is on disk
 * @throws {EmbeddedError} when `initdb` fails
 */
export async function createCluster(
  folder: Folder,
  binaries: Binaries,
  user: SystemUser | undefined,
  durable: boolean,
): Promise<void> {
  // An initdb whose host was killed may still be writing to its own.
  const draft = `${folder.data}.draft.${randomBytes(4).toString('hex')}`
  const passwordForInit = `${folder.password}.initdb`
  const password = randomBytes(24).toString('base64url')
  await removeDrafts(folder)
  await mkdir(draft, { mode: 0o700 })
  if (user) await chown(draft, user.uid, user.gid)
  // The server's user cannot read the file that is for us, when we are root.
  await writeSecret(passwordForInit, password, user)
  try {
    const options = [
      // Without a locale in the environment initdb would choose SQL_ASCII.
      '--encoding=UTF8',
      '--locale=C',
      '--username=postgres',
      '--auth=scram-sha-256',
      `--pwfile=${passwordForInit}`,
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ]
    await run(binaries.initdb, ['-D', draft, ...options], folder.path, user)
  } finally {
    await rm(passwordForInit)
  }
  await writeSecret(folder.password, password)
  await rename(draft, folder.data)
}

/** The URL of a server of this folder that listens on `port`. */
export async function serverUrl(folder: Folder, port: number): Promise<string> {
  const password = await readFile(folder.password, 'utf8')

  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}
