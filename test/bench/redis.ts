/** A Redis of the bench's own, where the machine has one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../support/free-port.ts'
import { killAtExit } from '../support/kill-at-exit.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { MissingPeerError } from './family.ts'

const READY_MS = 10_000

export interface Redis {
  readonly port: number
  readonly stop: () => Promise<void>
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')

    return true
  } catch {
    // It does not listen yet.
    return false
  } finally {
    socket.destroy()
  }
}

/**
 * Start it with an append-only file that is synced once a second, as is common: what it has confirmed
 * within that second is lost with the machine, which no PostgreSQL here may do.
 *
 * @throws {MissingPeerError} when there is no `redis-server`, or it does not start
 */
export async function startRedis(): Promise<Redis> {
  const dir = temporaryFolder()
  const port = await freePort()
  const settings = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '']
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, ...settings]
  const child = spawn('redis-server', args, { stdio: 'ignore', detached: true })
  killAtExit(child)
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message))
    child.once('exit', (code) => resolve(`redis-server ended with ${code}`))
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(dir, { recursive: true, force: true })
  }
  const deadline = performance.now() + READY_MS
  for (;;) {
    const reason = await Promise.race([ended, pause(50)])
    if (reason === undefined && (await answers(port))) return { port, stop }
    if (reason !== undefined || performance.now() > deadline) {
      await stop()
      throw new MissingPeerError(reason ?? 'redis-server does not answer')
    }
  }
}
