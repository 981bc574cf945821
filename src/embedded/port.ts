/** Chooses the port, and keeps it for later runs. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Folder } from './folder.ts'

// Below the range from which systems give ports to outgoing connections: one of those could sit on
// the port while the server restarts.
const lowest = 15_000
const highest = 32_000

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    const listening = once(server, 'listening')
    server.listen({ port, host: '127.0.0.1', exclusive: true })
    await listening

    return true
  } catch {
    // EADDRINUSE, or EACCES for a port that the system reserves: not for us in either case.
    return false
  } finally {
    server.close()
  }
}

/** The port of the last run, if there was one. */
async function knownPort(folder: Folder): Promise<number | undefined> {
  return existsSync(folder.port) ? Number(await readFile(folder.port, 'utf8')) : undefined
}

/** Choose the port of the last run if it is still free, else any free one, and keep it. */
export async function choosePort(folder: Folder): Promise<number> {
  let port = (await knownPort(folder)) ?? randomInt(lowest, highest)
  while (!(await isFree(port))) port = randomInt(lowest, highest)
  await writeFile(folder.port, String(port))

  return port
}
