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
  return oban('demo', ...args)
}

function oban(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], options(), (error, stdout, stderr) => {
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
  chaos: z.object({
    culprits: z.array(z.object({ worker: z.string(), state: z.string(), error: z.string() })),
    bystanders: z.record(z.string(), z.number()),
  }),
  scaled: z.object({ from: z.number(), to: z.number(), jobs: z.array(z.number()) }),
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
      jobs: {
        chaos: { completed: 12, discarded: 4 },
        default: { completed: 3 },
        files: { completed: 3 },
        mail: { completed: 1 },
      },
      scaled: { from: 2, to: 4 },
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

  test('has those pay who did it, and nobody beside them', { timeout: 60_000 }, async () => {
    makeFiles({ 'in/a': 'a' })
    const { code, stdout, summary } = await summaryOf('in')
    const stored = await database.query<{ worker: string; state: string; errors: string }>(
      `SELECT worker, state::text, attempt, array_to_string(errors, ' ') AS errors
         FROM oban_jobs WHERE queue = 'chaos' AND $1 = ANY (tags) ORDER BY id`,
      [summary.run],
    )
    const innocent = stored.filter(({ worker }) => worker === 'Chaos.Bystander')
    const guilty = stored.filter(({ worker }) => worker !== 'Chaos.Bystander')

    expect(code).toBe(0)
    expect(innocent).toHaveLength(12)
    for (const job of innocent) {
      expect(job).toMatchObject({ state: 'completed', attempt: 1, errors: '' })
    }
    expect(guilty).toMatchObject([
      { worker: 'Chaos.Throw', errors: expect.stringContaining('uncaught exception') },
      { worker: 'Chaos.Exit', errors: expect.stringContaining('process.exit(1) was called') },
      { worker: 'Chaos.BusyLoop', errors: expect.stringContaining('timed out after 1000 ms') },
      { worker: 'Chaos.Leak', errors: expect.stringContaining('JobCrashError') },
    ])
    expect(summary.chaos.culprits.map(({ worker, state }) => ({ worker, state }))).toEqual(
      guilty.map(({ worker, state }) => ({ worker, state })),
    )
    expect(new Set(guilty.map(({ state }) => state))).toEqual(new Set(['discarded']))
    expect(summary.chaos.bystanders).toMatchObject({ total: 12, completed: 12, attemptsPaid: 0 })
    // Three of the four end their thread at once, beside some.
    expect(summary.chaos.bystanders['restored']).toBeGreaterThan(0)
    expect(summary.scaled.jobs).toHaveLength(4)
    expect(stdout).toContain('attempts they paid: 0')
  })

  test('runs on when it is to be kept, and ends well', { timeout: 60_000 }, async () => {
    makeFiles({ 'in/a': 'a' })
    const child = spawn(process.execPath, [main, 'demo', '--keep', '--json', 'in'], options())
    const closed = once(child, 'close')
    const portraits: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('{')) continue
      expect(JSON.parse(line)).toMatchObject({ ok: true, isRunning: true })
      const { stdout } = await oban('tree', '--json')
      portraits.push(stdout)
      child.kill('SIGINT')
    }

    expect(await closed).toEqual([0, null])
    const queues = portraits.map((text) => JSON.parse(text).queues)
    expect(queues).toMatchObject([
      [{ queue: 'default' }, { queue: 'files' }, { queue: 'mail' }, { queue: 'chaos' }],
    ])
  })

  test('counts its own run only, and shows both', { timeout: 120_000 }, async () => {
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
        'Run "oban demo --help" for what it takes.\n',
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
    expect(lines.at(-1)).toMatch(/^! cancelled \d+ jobs? that had not begun$/)
    expect(code).toBe(143)
    const { chaos, ...others } = stored
    const states = Object.values(others).flatMap((counted) => Object.keys(counted))
    expect(states.filter((state) => state !== 'cancelled' && state !== 'completed')).toEqual([])
    expect(chaos?.['executing']).toBeUndefined()
    expect(stored['default']).toHaveProperty('cancelled')
  })
})
