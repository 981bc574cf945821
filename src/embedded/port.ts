/** Chooses the port, and keeps it for later runs. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Folder } from './folder.ts'
import { readIfPresent } from './read-if-present.ts'

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

/** Choose the port of the last run if it is still free, else any free one, and keep it. */
export async function choosePort(folder: Folder): Promise<number> {
  // Neither no file nor an empty one names a port.
  let port = Number(readIfPresent(folder.port)) || randomInt(lowest, highest)
  while (!(await isFree(port))) port = randomInt(lowest, highest)
  await writeFile(folder.port, String(port))

  return port
}
