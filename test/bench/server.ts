/** The bench's own PostgreSQL, which keeps what it commits, and databases on it. */
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { install } from '../../src/engine/migrator.ts'
import { databaseUrl } from '../support/database-url.ts'
import { startPrivateServer } from '../support/server.ts'
import { median } from './statistics.ts'

/** What production has. Without one of them a figure says nothing. */
const DURABLE = ['fsync', 'synchronous_commit', 'full_page_writes'] as const

const TEMPLATE = 'bench_template'

/** Looks whether vacuums have ended; there is no end of those of a table that is never left alone. */
const LOOK_MS = 50
const MOST_LOOKS = 600
const BLOCK_BYTES = 8_192

export interface BenchServer {
  readonly version: string
  readonly dataDir: string
  /** All that it has logged. */
  readonly log: () => string
  /** A fresh database with Oban's tables; resolves to its URL. */
  readonly database: () => Promise<string>
  /** Let vacuums end and all that was written reach the disk, so that no run pays for the one before. */
  readonly settle: () => Promise<void>
  readonly drop: (url: string) => Promise<void>
  readonly remove: () => Promise<void>
}

async function checkDurable(client: Client): Promise<void> {
  for (const name of DURABLE) {
    const { rows } = await client.query(`SHOW ${name}`)
    if (rows[0][name] !== 'on') throw new Error(`${name} is ${rows[0][name]}, which nobody runs`)
  }
}

async function isVacuuming(client: Client): Promise<boolean> {
  const { rows } = await client.query('SELECT FROM pg_stat_progress_vacuum')

  return rows.length > 0
}

/** Start it. Call `remove()` at the end. */
export async function startBenchServer(): Promise<BenchServer> {
  const server = await startPrivateServer({ fsync: true, settings: { max_connections: '200' } })
  const admin = new Client({ connectionString: server.url })
  let made = 0
  try {
    await admin.connect()
    await checkDurable(admin)
    await admin.query(`CREATE DATABASE ${TEMPLATE}`)
    const template = new Client({ connectionString: databaseUrl(server.url, TEMPLATE) })
    await template.connect()
    await install(template, { prefix: 'public' })
    await template.end()
    const { rows } = await admin.query('SHOW server_version')

    return {
      version: rows[0].server_version,
      dataDir: server.dataDir,
      log: () => readFileSync(join(server.dataDir, 'server.log'), 'utf8'),
      database: async () => {
        made += 1
        const name = `bench_${made}`
        await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`)

        return databaseUrl(server.url, name)
      },
      settle: async () => {
        for (let look = 0; look < MOST_LOOKS && (await isVacuuming(admin)); look += 1) {
          await pause(LOOK_MS)
        }
        await admin.query('CHECKPOINT')
      },
      drop: async (url) => {
        await admin.query(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`)
      },
      remove: async () => {
        await admin.end()
        await server.remove()
      },
    }
  } catch (error) {
    await admin.end()
    await server.remove()
    throw error
  }
}

/** How long the disk takes to keep a block of 8 kB, in milliseconds: what each commit waits for. */
export function fdatasyncMs(dataDir: string, samples = 200): number {
  const path = join(dataDir, 'fdatasync')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(BLOCK_BYTES)
  try {
    return median(
      Array.from({ length: samples }, (_, index) => {
        writeSync(file, block, 0, BLOCK_BYTES, index * BLOCK_BYTES)
        const startedAt = performance.now()
        fdatasyncSync(file)

        return performance.now() - startedAt
      }),
    )
  } finally {
    closeSync(file)
    rmSync(path)
  }
}
