/** What each of the HTTP recipes has to do, whatever its framework. */
import { Client } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Program } from '../support/program.ts'
import { untilRows } from '../support/until-rows.ts'
import { useExample, type Example } from './example.ts'
import { startMailService } from './mail-service.ts'
import { untilAnswered } from '../support/until-answered.ts'

/** Where a compiled example starts, and how it says which port it has. */
export interface Recipe {
  readonly main: readonly string[]
  /** What runs the jobs where the server does not. */
  readonly worker: readonly string[]
  readonly listening: RegExp
  /** Printed when it begins to stop. */
  readonly stopping: RegExp
}

const oban = 'node_modules/oban-ts/dist/src/cli/main.js'

export const usual: Recipe = {
  main: ['dist/server.js'],
  worker: [oban, 'start', '--config', 'dist/oban.config.js'],
  listening: /listening \{.* port: (\d+) \}/,
  stopping: /stopping/,
}

interface App {
  readonly program: Program
  readonly get: (path: string) => Promise<Response>
  readonly signUp: (body: unknown) => Promise<Response>
}

// Servers, nodes and threads start, on a machine that does much else.
const patience = 60_000

async function startApp(
  example: Example,
  { main, listening }: Recipe,
  env: Readonly<Record<string, string>> = {},
): Promise<App> {
  const program = example.run(main, { PORT: '0', ...env })
  const port = await program.shown(listening)
  const url = `http://127.0.0.1:${port}`

  return {
    program,
    get: (path) => fetch(url + path),
    signUp: (body) =>
      fetch(`${url}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }
}

/** Of everything that is stored. */
async function stored({ database }: Example) {
  const accounts = await database.query<{ email: string }>('SELECT email FROM accounts ORDER BY id')
  const jobs = await database.query<{ state: string }>('SELECT state FROM oban_jobs ORDER BY id')

  return { accounts: accounts.map(({ email }) => email), jobs: jobs.map(({ state }) => state) }
}

/** Fails the commit of this address, when the account and the job have been inserted. */
const refuseAtCommit = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
  CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON accounts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.email = 'late@example.com') EXECUTE FUNCTION refuse()`

function requests(example: Example, recipe: Recipe): void {
  test('stores an account with its job, and tells how the job is', async () => {
    const mail = await startMailService()
    const app = await startApp(example, recipe, { MAIL_URL: mail.url })
    const response = await app.signUp({ email: 'ada@example.com' })
    expect(response.status).toBe(202)
    expect(response.headers.get('location')).toBe('/jobs/1')
    expect(await response.json()).toEqual({ job: 1 })

    const letter = await mail.letter()
    expect(letter.to).toBe('ada@example.com')
    const running = await app.get('/jobs/1')
    expect(await running.json()).toEqual({ id: 1, state: 'executing', attempt: 1 })
    letter.answer(200)
    await untilStates(example, ['completed'])
    const ended = await app.get('/jobs/1')
    expect(await ended.json()).toEqual({ id: 1, state: 'completed', attempt: 1 })
    expect((await app.get('/jobs/2')).status).toBe(404)
    expect((await app.get('/jobs/ada')).status).toBe(404)
  })

  test('stores neither when one of them is refused', async () => {
    await example.database.query(refuseAtCommit)
    onTestFinished(async () => {
      await example.database.query('DROP FUNCTION refuse() CASCADE')
    })
    const app = await startApp(example, recipe)
    const invalid = await app.signUp({ email: 'nobody' })
    expect(invalid.status).toBe(422)
    expect(await invalid.json()).toMatchObject({ problems: [{ path: 'email' }] })
    expect((await app.signUp({})).status).toBe(422)
    expect((await app.signUp({ email: 'late@example.com' })).status).toBe(500)
    expect(await stored(example)).toEqual({ accounts: [], jobs: [] })

    expect((await app.signUp({ email: 'ada@example.com' })).status).toBe(202)
    expect((await app.signUp({ email: 'ada@example.com' })).status).toBe(409)
    expect(await stored(example)).toMatchObject({ accounts: ['ada@example.com'], jobs: [{}] })
  })

  test('answers for its health', async () => {
    const app = await startApp(example, recipe)
    // Producers register after the start, and nothing tells of it.
    const health = async () => {
      const response = await app.get('/health')

      return { status: response.status, body: await response.json() }
    }
    const { body } = await untilAnswered(health, ({ status }) => status === 200)

    expect(body).toMatchObject({ ok: true, database: 'up' })
  })

  test('leaves the jobs to a process of their own when told so', async () => {
    const mail = await startMailService()
    const app = await startApp(example, recipe, { WORKERS: 'apart' })
    await app.signUp({ email: 'ada@example.com' })
    expect(await stored(example)).toMatchObject({ jobs: ['available'] })
    example.run(recipe.worker, { MAIL_URL: mail.url })
    const letter = await mail.letter()
    letter.answer(200)
    await untilStates(example, ['completed'])
  })
}

function endings(example: Example, recipe: Recipe): void {
  test('lets a running job finish when it is told to end', async () => {
    const mail = await startMailService()
    const { program, signUp } = await startApp(example, recipe, { MAIL_URL: mail.url })
    await signUp({ email: 'ada@example.com' })
    const letter = await mail.letter()
    program.signal('SIGTERM')
    await program.shown(recipe.stopping)
    letter.answer(200)

    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
    expect(await stored(example)).toMatchObject({ jobs: ['completed'] })
    expect(await example.database.query('SELECT FROM oban_ts_producers')).toEqual([])
  })

  test('answers a request under way, and loses nothing of it', async () => {
    const lock = new Client({ connectionString: example.database.url })
    await lock.connect()
    onTestFinished(() => lock.end())
    await lock.query('BEGIN')
    await lock.query('LOCK TABLE accounts')
    const { program, signUp } = await startApp(example, recipe, { WORKERS: 'apart' })
    const response = signUp({ email: 'ada@example.com' })
    const waits = `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await untilRows(example.database, waits, (rows) => rows.length > 0)
    program.signal('SIGTERM')
    await program.shown(recipe.stopping)
    await lock.query('COMMIT')

    expect((await response).status).toBe(202)
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
    expect(await stored(example)).toEqual({ accounts: ['ada@example.com'], jobs: ['available'] })
  })
}

async function untilStates({ database }: Example, wanted: readonly string[]): Promise<void> {
  await untilRows<{ state: string }>(
    database,
    'SELECT state FROM oban_jobs ORDER BY id',
    (rows) => rows.map(({ state }) => state).join() === wanted.join(),
  )
}

/** Describe an example with accounts, whose compiled form is started as a process. */
export function describeAccounts(name: string, recipe: Recipe = usual): Example {
  const example = useExample(name)
  beforeEach(() =>
    example.database.query('TRUNCATE oban_jobs, oban_ts_producers, accounts RESTART IDENTITY'),
  )

  describe(name, { timeout: patience }, () => {
    requests(example, recipe)
    endings(example, recipe)
  })

  return example
}
