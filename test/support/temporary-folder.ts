import { chmodSync, mkdtempSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPostmaster } from '../../src/embedded/postmaster.ts'
import { processStart, waitForExit } from '../../src/embedded/processes.ts'

const prefix = 'oban-test-'

/** A new folder for one server. Root's lets the user pass that the server runs as. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  if (process.getuid?.() === 0) chmodSync(path, 0o711)

  return path
}

async function removeLeftover(name: string): Promise<void> {
  const path = join(tmpdir(), name)
  const owner = Number(name.slice(prefix.length).split('-')[0])
  const isOurs = (await stat(path)).uid === process.getuid?.()
  if (!isOurs || (await processStart(owner)) !== undefined) return
  const server = await findPostmaster(join(path, 'data'))
  if (server) {
    process.kill(server.pid, 'SIGQUIT')
    await waitForExit(server.pid, 10_000)
  }
  await rm(path, { recursive: true, force: true })
}

/** Remove servers and folders of runs of this user that were killed before they could. */
export async function removeLeftovers(): Promise<void> {
  const names = await readdir(tmpdir())
  await Promise.all(names.filter((name) => name.startsWith(prefix)).map(removeLeftover))
}
