/** A PgBouncer of its own before the test server, where the machine has one. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Where Debian's package puts it, and other systems do. */
const program = [
  '/usr/sbin/pgbouncer',
  '/usr/bin/pgbouncer',
  '/usr/local/bin/pgbouncer',
  '/opt/homebrew/bin/pgbouncer',
].find((path) => existsSync(path))

/** Why there is none, for the name of a test that is skipped; undefined where there is one. */
export const missing = program === undefined ? 'no pgbouncer on this machine' : undefined

export interface Pooler {
  /** The same database through it. */
  readonly through: (databaseUrl: string) => string
  readonly stop: () => Promise<void>
}

export interface PoolerOptions {
  readonly mode: 'session' | 'transaction'
  /** Connections that it opens to each database at most. Default: 20 */
  readonly size?: number
}

/** It refuses to run as root. */
const anybody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** Start one for the databases of a server. Everybody may pass: it knows the password. */
export async function startPooler(
  serverUrl: string,
  { mode, size = 20 }: PoolerOptions,
): Promise<Pooler> {
  if (program === undefined) throw new Error(missing)
  const folder = temporaryFolder()
  const port = await freePort()
  const { hostname, port: serverPort, username, password } = new URL(serverUrl)
  const ini = join(folder, 'pgbouncer.ini')
  const login = `user=${decodeURIComponent(username)} password='${decodeURIComponent(password)}'`
  writeFileSync(
    ini,
    [
      '[databases]',
      `* = host=${hostname} port=${serverPort === '' ? '5432' : serverPort} ${login}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${mode}`,
      `default_pool_size = ${size}`,
      'max_client_conn = 200',
      '',
    ].join('\n'),
  )
  chmodSync(ini, 0o644)
  const child = spawn(program, [ini], { stdio: ['ignore', 'ignore', 'pipe'], ...anybody })
  const exited = once(child, 'exit')
  let log = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
      if (log.includes('process up')) resolve()
    })
    child.on('error', reject)
    child.on('exit', () => {
      reject(new Error(`pgbouncer ended: ${log}`))
    })
  })

  return {
    through: (databaseUrl) => {
      const url = new URL(databaseUrl)
      url.hostname = '127.0.0.1'
      url.port = String(port)

      return url.href
    },
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true })
    },
  }
}
