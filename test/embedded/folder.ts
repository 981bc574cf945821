import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { findPostmaster } from '../../src/embedded/postmaster.ts'
import { waitForExit } from '../../src/embedded/processes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The main process of the server of a folder. */
export async function pidOf(dataDir: string): Promise<number> {
  const found = await findPostmaster(join(dataDir, 'data'))
  if (!found) throw new Error(`no server runs in ${dataDir}`)

  return found.pid
}

/** End the server of a folder, whoever started it. */
export async function endServer(dataDir: string): Promise<void> {
  const found = await findPostmaster(join(dataDir, 'data'))
  if (!found) return
  process.kill(found.pid, 'SIGQUIT')
  await waitForExit(found.pid, 10_000)
}

/** A folder that is gone after the test, with its server. */
export function serverFolder(): string {
  const dataDir = temporaryFolder()
  onTestFinished(async () => {
    await endServer(dataDir)
    rmSync(dataDir, { recursive: true })
  })

  return dataDir
}
