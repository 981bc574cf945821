import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { hidePassword } from '../../src/engine/client.ts'
import { useDatabase } from '../support/database.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

const database = useDatabase()

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oban-demo-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function makeFiles(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

const options = () => ({ cwd: folder, env: { ...process.env, DATABASE_URL: database.url } })

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function demo(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'demo', ...args], options(), (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const counts = z.record(z.string(), z.record(z.string(), z.number()))

const summarySchema = z.looseObject({
  ok: z.boolean(),
  problems: z.array(z.string()),
  database: z.string(),
  durationMs: z.number(),
  run: z.string(),
  files: z.number(),
  bytes: z.number(),
  unreadable: z.number(),
  skipped: z.number(),
  jobs: counts,
  signups: z.record(z.string(), z.number()),
  retries: z.object({ worker: z.string(), attempts: z.number(), errors: z.array(z.string()) }),
  scheduled: z.object({ lateMs: z.number() }).loose(),
  report: z.string(),
  outbox: z.string(),
  tree: z.object({ children: z.array(z.object({ id: z.string() })) }),
})

async function summaryOf(...args: string[]) {
  const ended = await demo('--json', ...args)
  const last = ended.stdout.trimEnd().split('\n').at(-1) ?? ''

  return { ...ended, summary: summarySchema.parse(JSON.parse(last)) }
}

/** The jobs of a run as the database has them. */
async function storedJobs(run: string) {
  const rows = await database.query<{ queue: string; state: string; count: number }>(
    `SELECT queue, state, count(*)::int AS count FROM oban_jobs WHERE $1 = ANY (tags)
      GROUP BY queue, state`,
    [run],
  )
  const stored: Record<string, Record<string, number>> = {}
  for (const { queue, state, count } of rows) {
    stored[queue] = { ...stored[queue], [state]: count }
  }

  return stored
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

describe('oban demo', () => {
  test('does what its summary says', { timeout: 60_000 }, async () => {
    const files = {
      'in/a.txt': 'one two\nthree\n',
      'in/deep/b.bin': Uint8Array.from({ length: 70_000 }, (_, index) => index % 251),
      'in/empty': '',
    }
    makeFiles(files)
    const { code, summary } = await summaryOf('in')

    expect(code).toBe(0)
    expect(summary).toMatchObject({
      ok: true,
      problems: [],
      files: 3,
      bytes: 70_014,
      unreadable: 0,
      skipped: 0,
      jobs: { default: { completed: 3 }, files: { completed: 3 }, mail: { completed: 1 } },
      signups: { committed: 1, rolledBack: 1, emails: 1 },
      retries: { worker: 'Flaky', attempts: 3 },
    })
    expect(summary.retries.errors).toHaveLength(2)
    expect(summary.scheduled.lateMs).toBeGreaterThanOrEqual(0)
    expect(summary.tree.children.map(({ id }) => id)).toContain('nursery')
    expect(summary.jobs).toEqual(await storedJobs(summary.run))
    expect(summary.database).toBe(hidePassword(database.url))

    const report = JSON.parse(readFileSync(summary.report, 'utf8'))
    const sums = Object.entries(files).map(([name, content]) => [
      join(folder, name),
      sha256(content),
    ])
    const reported = report.files.map((file: { path: string; sha256: string }) => [
      file.path,
      file.sha256,
    ])
    expect(reported).toEqual(sums)
    expect(report.totals).toMatchObject({ files: 3, bytes: 70_014 })

    const users = await database.query('SELECT name FROM demo_users WHERE run = $1', [summary.run])
    expect(users).toEqual([{ name: 'Ada Lovelace' }])
    const [email, ...others] = readdirSync(summary.outbox).filter((name) => name.endsWith('.eml'))
    expect(others).toEqual([])
    expect(readFileSync(join(summary.outbox, email ?? ''), 'utf8')).toContain(
      `To: "Ada Lovelace" <ada.${summary.run}@example.com>\r\n`,
    )
  })

  test('counts its own run only, and shows both', { timeout: 60_000 }, async () => {
    makeFiles({ 'in/a': 'a', 'in/b': 'b' })
    // Somebody else's job, with an id above those of the runs.
    await database.query(
      `INSERT INTO oban_jobs (id, queue, worker, state, scheduled_at)
       VALUES (1000000, 'files', 'Other', 'scheduled', '2100-01-01')`,
    )
    const first = await summaryOf('in')
    const { stdout, summary } = await summaryOf('in')

    expect(summary.run).not.toBe(first.summary.run)
    expect(summary.jobs['files']).toEqual({ completed: 2 })
    expect(summary.signups['emails']).toBe(1)
    // Other tests of this file use the database as well.
    const [row] = stdout.match(/^│ files .*$/m) ?? []
    const [run, all] = (row?.match(/\d+/g) ?? []).map(Number)
    expect(run).toBe(2)
    expect(all).toBeGreaterThanOrEqual(4)
  })

  test('reports what it cannot read, and ends well', { timeout: 60_000 }, async () => {
    makeFiles({ 'in/a': 'a' })
    // Readable to nobody, root included.
    const { code, stdout, summary } = await summaryOf('in', '/proc/self/mem')

    expect(code).toBe(0)
    expect(summary).toMatchObject({
      ok: true,
      files: 1,
      unreadable: 1,
      jobs: { files: { completed: 1, cancelled: 1 } },
    })
    expect(stdout).toMatch(/unreadable +\S*mem.*EIO/)
  })

  test('refuses a path that does not exist before it starts anything', async () => {
    expect(await demo('nowhere')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'oban: cannot read "nowhere": there is no such file or folder\n' +
        'Run "oban --help" for what there is.\n',
    })
  })

  test('at a signal stops, and cancels what had not begun', { timeout: 60_000 }, async () => {
    makeFiles({ 'in/a': 'a' })
    const child = spawn(process.execPath, [main, 'demo', 'in'], options())
    const closed = once(child, 'close')
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      // Flaky needs two more seconds for its attempts.
      if (line.includes('attempt 1 of 5')) child.kill('SIGTERM')
    }
    const [code] = await closed
    const run = lines.join('\n').match(/run (demo-\w+)/)?.[1] ?? ''
    const stored = await storedJobs(run)

    // Which of the others had begun by then is chance; that Flaky waits is not.
    expect(lines.at(-1)).toMatch(/^! cancelled [1-4] jobs? that had not begun$/)
    expect(code).toBe(143)
    const states = Object.values(stored).flatMap((counted) => Object.keys(counted))
    expect(states.filter((state) => state !== 'cancelled' && state !== 'completed')).toEqual([])
    expect(stored['default']).toHaveProperty('cancelled')
  })
})
