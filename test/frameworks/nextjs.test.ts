/** The example of Next.js: built by its own compiler, served by it, executed by `oban start`. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { root } from '../support/modules.ts'
import { untilRows } from '../support/until-rows.ts'
import { sourceOf, useExample } from './example.ts'
import { startMailService } from './mail-service.ts'
import { untilAnswered } from '../support/until-answered.ts'

const next = join(root, 'node_modules/next/dist/bin/next')
// Tests set another NODE_ENV, which the build refuses; nothing is told to anybody.
const env = { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }

/** Inside of the repository, as its compiler follows no link to packages elsewhere. */
async function buildNext(name: string) {
  mkdirSync(join(root, '.oban'), { recursive: true })
  const folder = mkdtempSync(join(root, '.oban/next-'))
  const remove = () => rmSync(folder, { recursive: true })
  try {
    cpSync(sourceOf(name), folder, { recursive: true })
    for (const part of ['dist', 'package.json']) {
      cpSync(join(root, part), join(folder, 'node_modules/oban-ts', part), { recursive: true })
    }
    const options = { cwd: folder, env: { ...process.env, ...env } }
    await promisify(execFile)(process.execPath, [next, 'build'], options)
  } catch (error) {
    remove()
    throw error
  }

  return { folder, remove }
}

const example = useExample('nextjs', buildNext)
beforeEach(() => example.database.query('TRUNCATE oban_jobs, accounts RESTART IDENTITY'))

async function startServer() {
  const program = example.run([next, 'start', '--port', '0'], env)
  const port = await program.shown(/- Local: +http:\/\/localhost:(\d+)/)
  await program.shown(/Ready in/)
  const url = `http://127.0.0.1:${port}/api`

  return {
    program,
    get: (path: string) => fetch(url + path),
    signUp: (email: string) =>
      fetch(`${url}/accounts`, { method: 'POST', body: JSON.stringify({ email }) }),
  }
}

const stored = () =>
  example.database.query(
    'SELECT email, state FROM accounts FULL JOIN oban_jobs ON email = args->>$$email$$',
  )

describe('nextjs', { timeout: 120_000 }, () => {
  test('enqueues in routes what `oban start` executes', async () => {
    const mail = await startMailService()
    const server = await startServer()
    const response = await server.signUp('ada@example.com')
    expect(response.status).toBe(202)
    expect(response.headers.get('location')).toBe('/api/jobs/1')
    const waiting = await server.get('/jobs/1')
    expect(await waiting.json()).toEqual({ id: 1, state: 'available', attempt: 0 })

    const main = 'node_modules/oban-ts/dist/src/cli/main.js'
    const worker = example.run([main, 'start'], { MAIL_URL: mail.url })
    const letter = await mail.letter()
    expect(letter.to).toBe('ada@example.com')
    worker.signal('SIGTERM')
    await worker.warned('stopping')
    letter.answer(200)
    expect(await worker.ended).toMatchObject({ code: 0 })
    const ended = await server.get('/jobs/1')
    expect(await ended.json()).toEqual({ id: 1, state: 'completed', attempt: 1 })
  })

  test('stores neither the account nor the job when one is refused', async () => {
    const server = await startServer()
    const invalid = await server.signUp('nobody')
    expect(invalid.status).toBe(422)
    expect(await invalid.json()).toMatchObject({ problems: [{ path: 'email' }] })
    expect(await stored()).toEqual([])

    expect((await server.signUp('ada@example.com')).status).toBe(202)
    expect((await server.signUp('ada@example.com')).status).toBe(409)
    expect(await stored()).toEqual([{ email: 'ada@example.com', state: 'available' }])
    expect((await server.get('/jobs/2')).status).toBe(404)
    expect((await server.get('/jobs/ada')).status).toBe(404)
    expect(await (await server.get('/health')).json()).toEqual({ ok: true })
  })

  test('answers a request under way when it is told to end', async () => {
    const lock = new Client({ connectionString: example.database.url })
    await lock.connect()
    onTestFinished(() => lock.end())
    await lock.query('BEGIN')
    await lock.query('LOCK TABLE accounts')
    const server = await startServer()
    const response = server.signUp('ada@example.com')
    const waits = `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await untilRows(example.database, waits, (rows) => rows.length > 0)
    server.program.signal('SIGTERM')
    // It prints nothing when it begins to stop, but lets nobody in any more.
    const stranger = () => server.get('/health').then(String, (error: Error) => error.message)
    await untilAnswered(stranger, (answer) => answer === 'fetch failed')
    await lock.query('COMMIT')

    expect((await response).status).toBe(202)
    // What Next.js ends with by itself, after an orderly end too.
    expect(await server.program.ended).toMatchObject({ code: 143 })
    expect(await stored()).toEqual([{ email: 'ada@example.com', state: 'available' }])
  })
})
