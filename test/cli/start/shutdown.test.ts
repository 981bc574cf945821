import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../support/database.ts'
import { folderWith } from '../../support/folder-with.ts'
import { jobLedger, ledgerModule, type JobLedger } from '../../support/job-ledger.ts'
import { startOban } from '../../support/oban.ts'
import { startProxy } from '../../support/proxy.ts'
import { startProgram, type Program } from '../../support/program.ts'
import { untilRows } from '../../support/until-rows.ts'

const main = fileURLToPath(new URL('../../../dist/src/cli/main.js', import.meta.url))
const workers = fileURLToPath(ledgerModule)

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const FOREVER_MS = 600_000

interface Given {
  /** What the configuration does before it is one. */
  readonly before?: string
  readonly execution?: 'inline'
  readonly url?: string
}

/** Resolves when the node is up. */
async function start(
  node: string,
  graceSeconds: number,
  { before = '', execution, url = database.url }: Given = {},
): Promise<Program> {
  const where = execution === undefined ? 'threads: 2' : `execution: '${execution}'`
  const text = `${before}
  export default {
    workers: [${JSON.stringify(workers)}],
    queues: { default: { limit: 10, ${where} } },
    shutdownGracePeriod: { seconds: ${graceSeconds} },
    node: ${JSON.stringify(node)},
  }`
  const program = startProgram([main, 'start'], {
    cwd: folderWith('oban.config.mjs', text),
    env: { DATABASE_URL: url },
  })
  await program.printedLines(1)

  return program
}

const insert = (worker: 'Heed' | 'Take', args: object, count = 1) =>
  database.query(
    `INSERT INTO oban_jobs (worker, args) SELECT '${worker}', $1 FROM generate_series(1, ${count})`,
    [JSON.stringify(args)],
  )

const left = () =>
  database.query<{ readonly state: string; readonly ids: readonly number[] }>(
    `SELECT state::text, attempt, cardinality(errors) AS errors,
            array_agg(id::integer ORDER BY id) AS ids
       FROM oban_jobs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  )

const begun = (ledger: JobLedger, count: number) =>
  untilRows(database, 'SELECT', () => ledger.ids('started').length >= count)

/** Enqueue a few jobs again and again until it is told to end; resolves to how many there were. */
function feed({ folder }: JobLedger): () => Promise<number> {
  const ending = new AbortController()
  const feeding = (async () => {
    let count = 0
    while (!ending.signal.aborted) {
      await insert('Take', { folder, ms: 100 }, 5)
      await database.query(`SELECT pg_notify('public.oban_insert', '{"queue": "default"}')`)
      await database.query('SELECT pg_sleep(0.05)')
      count += 5
    }

    return count
  })()

  return () => {
    ending.abort()

    return feeding
  }
}

// Programs start, on a machine that does much else.
describe('a signal under full load', { timeout: 120_000 }, () => {
  test('lets a node finish what runs, give back the rest, and end well', async () => {
    const ledger = jobLedger()
    const { folder } = ledger
    await insert('Heed', { folder, ms: FOREVER_MS })
    await insert('Take', { folder, ms: FOREVER_MS })
    const program = await start('only', 1)
    await begun(ledger, 2)
    await insert('Take', { folder, ms: 100 }, 2_000)
    await begun(ledger, 40)
    program.signal('SIGTERM')

    expect(await program.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nstopped\n$/),
    })
    const [given, completed] = await left()
    expect(given).toMatchObject({ state: 'available', attempt: 0, errors: 0 })
    expect(given?.ids.slice(0, 2)).toEqual([...ledger.ids('OBAN_SHUTDOWN'), ...deaf(ledger)])
    expect(completed).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
    expect(ledger.ids('ended')).toEqual(completed?.ids)
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
  })

  test('ends it though a body goes on that nothing can end', async () => {
    const ledger = jobLedger()
    await insert('Take', { folder: ledger.folder, ms: FOREVER_MS })
    const program = await start('deaf', 1, { execution: 'inline' })
    await begun(ledger, 1)
    program.signal('SIGTERM')

    expect(await program.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nstopped\n$/),
    })
  })

  test('lets what a module has under way come to its end', async () => {
    const program = await start('user', 1, {
      before: `process.once('beforeExit', () => console.log('reported'))`,
    })
    program.signal('SIGTERM')

    expect(await program.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nstopped\nreported\n$/),
    })
  })

  test('ends it well though the database is away, and says what could not be stored', async () => {
    const ledger = jobLedger()
    await insert('Take', { folder: ledger.folder, ms: 2_000 }, 3)
    const proxy = await startProxy(database.url)
    const program = await start('cut.off', 10, { url: proxy.url })
    await begun(ledger, 3)
    proxy.swallow()
    program.signal('SIGTERM')
    const { code, stdout, stderr } = await program.ended

    expect(code).toBe(0)
    expect(stdout).toMatch(/\nstopped\n$/)
    expect(stdout + stderr).toContain('3 results could not be stored: the jobs will run again')
  })

  test('ends it at once when it comes twice, and others rescue what ran', async () => {
    const ledger = jobLedger()
    await insert('Take', { folder: ledger.folder, ms: FOREVER_MS, againMs: 0 }, 2)
    const program = await start('first', 600)
    await begun(ledger, 2)
    program.signal('SIGTERM')
    await program.warned('stopping')
    // A signal that comes right after the first is taken for its echo.
    await database.query('SELECT pg_sleep(0.6)')
    program.signal('SIGTERM')
    // What a shell shows as 143.
    expect(await program.ended).toMatchObject({ code: null })

    await startOban({ database: database.url, workers: [ledgerModule], queues: { default: 2 } })
    await untilRows(
      database,
      `SELECT FROM oban_jobs WHERE state = 'completed' AND attempt = 2`,
      (rows) => rows.length === 2,
    )
    expect(ledger.ids('ended')).toHaveLength(2)
  })

  test('restarts three nodes in turn, and no job fails, is lost or runs twice', async () => {
    const ledger = jobLedger()
    const names = ['one', 'two', 'three']
    const programs = await Promise.all(names.map((name) => start(name, 15)))
    const stopFeeding = feed(ledger)
    const codes: unknown[] = []
    for (const [index, program] of programs.entries()) {
      await begun(ledger, (index + 1) * 60)
      program.signal('SIGTERM')
      const [{ code }, successor] = await Promise.all([
        program.ended,
        start(`${names[index]}.next`, 15),
      ])
      codes.push(code)
      programs[index] = successor
    }
    const count = await stopFeeding()
    await untilRows(
      database,
      `SELECT FROM oban_jobs WHERE state <> 'completed' LIMIT 1`,
      (rows) => rows.length === 0,
    )
    for (const program of programs) program.signal('SIGTERM')
    for (const { ended } of programs) codes.push((await ended).code)

    const [completed, ...others] = await left()
    expect(others).toEqual([])
    expect(completed).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
    expect(completed?.ids).toHaveLength(count)
    expect(ledger.ids('started')).toEqual(completed?.ids)
    expect(ledger.ids('ended')).toEqual(completed?.ids)
    expect(codes).toEqual([0, 0, 0, 0, 0, 0])
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
  })
})

/** Those that began, and neither ended nor heard that they should. */
function deaf(ledger: JobLedger): number[] {
  const known = new Set([...ledger.ids('ended'), ...ledger.ids('OBAN_SHUTDOWN')])

  return ledger.ids('started').filter((id) => !known.has(id))
}
