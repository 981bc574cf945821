/** The password of the database and the arguments of jobs are in nothing that anybody gets to see. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { startProgram } from '../support/program.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const PASSWORD = 'hunter2password'
const ARGUMENT = 'card4111argument'

/** All that a value shows of itself, to whoever prints it in whatever way. */
function shown(value: unknown): string {
  const written = inspect(value, { depth: Infinity, showHidden: true, maxStringLength: null })

  return `${written} ${JSON.stringify(value)} ${String(value)}`
}

/** A logger that keeps everything it is given. */
function recorder() {
  const lines: string[] = []
  const write = (...given: unknown[]) => lines.push(shown(given))

  return { lines, logger: { debug: write, info: write, warn: write, error: write } }
}

/** A server of the test's own making: what it says to each message. */
async function serve(answer: (message: Buffer, socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (message) => {
      answer(message, socket)
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()

  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

const ASK_PASSWORD = Buffer.from([82, 0, 0, 0, 8, 0, 0, 0, 3])

function refusal(): Buffer {
  const fields = 'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "me"\0\0'
  const size = Buffer.alloc(4)
  size.writeInt32BE(4 + fields.length)

  return Buffer.concat([Buffer.from('E'), size, Buffer.from(fields)])
}

const PASSWORD_MESSAGE = 112

/** Where the database is looked for, and how that fails. */
const situations: Readonly<Record<string, () => Promise<string>>> = {
  'a wrong password': async () => {
    const host = await serve((message, socket) => {
      if (message[0] === PASSWORD_MESSAGE) socket.end(refusal())
      else socket.write(ASK_PASSWORD)
    })

    return `postgres://me:${PASSWORD}@${host}/app`
  },
  'a server that has no TLS': async () => {
    const host = await serve((_, socket) => socket.write('N'))

    return `postgres://me:${PASSWORD}@${host}/app?sslmode=require`
  },
  'a server that hangs up': async () => {
    const host = await serve((_, socket) => socket.destroy())

    return `postgres://me:${PASSWORD}@${host}/app`
  },
  'nobody at the port': async () => `postgres://me:${PASSWORD}@127.0.0.1:1/app`,
  'no such host': async () => `postgres://me@no-such-host.invalid/app?password=${PASSWORD}`,
  'no certificate there': async () =>
    `postgres://me:${PASSWORD}@127.0.0.1:1/app?sslmode=verify-full&sslrootcert=/no/such/file`,
}

const badUrls = [
  `mysql://me:${PASSWORD}@host/app`,
  `host=localhost user=me password=${PASSWORD} dbname=app`,
  `postgres://me:${PASSWORD}@host:99999999/app`,
  `postgres://me:${PASSWORD}@[::1/app`,
  `postgres://me:${PASSWORD}%ZZ@127.0.0.1:1/app`,
  `postgres://me:x@${PASSWORD}@127.0.0.1:1/app`,
]

/** Call it, and keep what it throws. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('it has not failed')
}

describe('the password', () => {
  test.each(Object.entries(situations))(
    'is in nothing with %s',
    async (_, situation) => {
      const database = await situation()
      const { lines, logger } = recorder()
      const { oban, told } = makeOban({
        database,
        workers: [],
        queues: { default: 1 },
        logger: { level: 'debug', logger },
      })
      const failures = await Promise.all([
        thrownBy(() => oban.start()),
        thrownBy(() => oban.enqueue('Echo', {})),
        thrownBy(() => oban.getJob(1)),
      ])
      const seen = [...failures, oban, told.all('query.failed')].map(shown)

      expect(failures[0]).toMatchObject({ code: 'OBAN_DATABASE_UNREACHABLE' })
      expect([...seen, ...lines].join('\n')).not.toContain(PASSWORD)
    },
    60_000,
  )

  test.each(badUrls)(
    'is in nothing with the URL %#',
    async (database) => {
      const failure = await thrownBy(() =>
        makeOban({ database, queues: { default: 1 } }).oban.start(),
      )

      expect(shown(failure)).not.toContain(PASSWORD)
    },
    60_000,
  )

  test('is in no output of a command', async () => {
    const refused = `postgres://me:${PASSWORD}@127.0.0.1:1/app`
    const wrong = await situations['a wrong password']?.()
    const runs: [args: string[], env: Record<string, string>][] = [
      ...['start', 'jobs', 'doctor', 'top', 'install'].map(
        (command): [string[], Record<string, string>] => [[command], { DATABASE_URL: wrong ?? '' }],
      ),
      [['doctor', '--json'], { DATABASE_URL: refused }],
      [['jobs'], { DATABASE_URL: 'postgres://me@127.0.0.1:1/app', PGPASSWORD: PASSWORD }],
      [['start', '--dry-run'], { DATABASE_URL: refused, PGPASSWORD: PASSWORD }],
      [['start', '--database-url', refused, '--dry-run', '--json'], {}],
      ...badUrls.map((url): [string[], Record<string, string>] => [
        ['jobs'],
        { OBAN_DATABASE_URL: url },
      ]),
    ]
    for (const [args, env] of runs) {
      const { stdout, stderr } = await startProgram([main, ...args], { env }).ended

      expect(`${stdout}${stderr}`).not.toBe('')
      expect(`${args[0]}: ${stdout}${stderr}`).not.toContain(PASSWORD)
    }
  }, 180_000)
})

describe('the arguments of jobs', () => {
  const database = useDatabase()
  beforeEach(() => database.query('TRUNCATE oban_jobs'))

  test('are in no event, line, description or error, however their jobs fail', async () => {
    await database.query(
      `ALTER TABLE oban_jobs
         ADD CONSTRAINT not_stored CHECK (args->>'refuse' IS NULL),
         ADD CONSTRAINT not_completed CHECK (state <> 'completed' OR args->>'stuck' IS NULL)`,
    )
    const { lines, logger } = recorder()
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { threads: 2, inline: { limit: 2, execution: 'inline' } },
      logger: { level: 'debug', logger },
    })
    const secret = { secret: ARGUMENT }
    for (const queue of ['threads', 'inline']) {
      const options = { queue, meta: secret, maxAttempts: 2 }
      const ends = ['Echo', 'Fail', 'Snooze', 'Cancel', 'Unknown']
      for (const worker of ends) {
        const { id } = await oban.enqueue(worker, secret, options)
        if (worker !== 'Unknown') await told.ended(id)
      }
      const stuck = await oban.enqueue('Echo', { ...secret, stuck: 1 }, options)
      await told.until('query.failed', ({ error }) => shown(error).includes('not_completed'))
      await oban.deleteJob(stuck.id)
    }
    await told.until('worker.unknown')
    const failures = await Promise.all([
      thrownBy(() => oban.enqueue('Echo', { ...secret, refuse: 1 })),
      thrownBy(() => oban.enqueue('Echo', { ...secret, refuse: 1 }, { unique: { period: 60 } })),
      thrownBy(() => oban.enqueue('Echo', { ...secret, nil: '\0' })),
      thrownBy(() => oban.enqueue('Echo', secret, { priority: 77 })),
    ])
    const events = ['job.start', 'job.stop', 'job.exception', 'query.failed', 'ack.lost'] as const
    const seen = [
      ...failures,
      ...events.map((name) => told.all(name)),
      oban,
      oban.snapshot(),
      oban.checkAllQueues(),
      await oban.health(),
    ].map(shown)
    await oban.stop()

    expect(lines.length).toBeGreaterThan(10)
    expect([...seen, ...lines].filter((text) => text.includes(ARGUMENT))).toEqual([])
  }, 60_000)
})
