import { createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createEmptyDatabase } from '../engine/empty-database.ts'
import { useDatabase } from '../support/database.ts'
import { folderWith } from '../support/folder-with.ts'
import { missing, startPooler } from '../support/pgbouncer.ts'
import { startProgram, type Program } from '../support/program.ts'
import { untilRows } from '../support/until-rows.ts'
import { untilAnswered } from '../support/until-answered.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const bodies = fileURLToPath(new URL('../fixtures/bodies.js', import.meta.url))

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const config = `export default {
  workers: [${JSON.stringify(bodies)}],
  queues: { default: { limit: 2, threads: 2 }, other: 3 },
  node: 'from.file',
}`

interface Given {
  readonly args?: readonly string[]
  readonly file?: string
  readonly text?: string
  readonly env?: Readonly<Record<string, string>>
}

function start({ args = [], file = 'oban.config.mjs', text = config, env = {} }: Given = {}) {
  const cwd = folderWith(file, text)

  return startProgram([main, 'start', ...args], {
    cwd,
    env: { DATABASE_URL: database.url, ...env },
  })
}

/** Resolves to the first line, once the node is up. */
const up = (program: Program) => program.printedLines(1)

/** Resolves when a job is in this state. */
const until = (state: string) =>
  untilRows(database, `SELECT FROM oban_jobs WHERE state = '${state}'`, (rows) => rows.length > 0)

const insert = (worker: string) =>
  database.query('INSERT INTO oban_jobs (worker) VALUES ($1)', [worker])

// Node.js starts, on a machine that does much else.
const patience = 60_000

describe('oban start', { timeout: patience }, () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('runs jobs until %s, and ends well', async (signal) => {
    const program = start()
    await up(program)
    await insert('Echo')
    await until('completed')
    program.signal(signal)

    expect(await program.ended).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^node from\.file of Oban is up \(process \d+\); queues: default 2, other 3\nstopped\n$/,
      ),
      stderr: 'stopping: running jobs may finish within the grace (once more ends at once)\n',
    })
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
  })

  test('lets running jobs finish, and ends at once when asked again', async () => {
    const program = start({ args: ['--log', 'json'] })
    await program.shown(/ is up /)
    await insert('Deaf')
    await program.shown(/begun/)
    program.signal('SIGTERM')
    await program.shown(/stopping/)
    // A signal that comes right after the first is taken for its echo.
    await database.query('SELECT pg_sleep(0.6)')
    program.signal('SIGTERM')

    expect(await program.ended).toMatchObject({ code: null })
    expect(await database.query('SELECT state FROM oban_jobs')).toEqual([{ state: 'executing' }])
  })

  test('puts the environment over the file, and its options over both', async () => {
    const program = start({
      args: ['--node', 'from.option', '--queues=other:7,default'],
      env: { OBAN_NODE: 'from.environment', OBAN_NAME: 'Other', OBAN_QUEUES: 'default:1' },
    })
    await up(program)
    program.signal('SIGTERM')

    expect((await program.ended).stdout).toMatch(
      /^node from\.option of Other is up .*queues: other 7, default 2\n/,
    )
  })

  test('reads a file in TypeScript', async () => {
    const text = `import type { ObanOptions } from 'oban-ts'
      const node: string = 'typed'
      export default { node, logger: 'json' } satisfies ObanOptions`
    const program = start({ file: 'oban.config.ts', text })
    await up(program)
    program.signal('SIGTERM')
    const { code, stdout } = await program.ended

    expect(code).toBe(0)
    expect(stdout).toContain('node typed of Oban is up')
    expect(stdout).toContain('no queues: it stages nothing, but may lead')
  })

  test('says in one line that the tables are missing', async () => {
    const { url } = await createEmptyDatabase()

    expect(await start({ args: ['--database-url', url] }).ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'oban: schema "public" has no up-to-date Oban tables; run `oban install`\n',
    })
  })

  test('says at once what is wrong in the file, a variable and an option, and where', async () => {
    const text = config.replace('node:', 'prefx: 1, node:')
    const args = ['--log', 'loud']
    const env = { OBAN_QUEUES: 'default:1,late', OBAN_PREFIX: 'p'.repeat(41) }
    const { code, stderr } = await start({ text, args, env }).ended

    expect(code).toBe(2)
    expect(stderr.replace(/there are [^(]*/, 'there are … ').split('\n')).toEqual([
      'oban: invalid configuration, 5 problems:',
      '  queues: expected name:limit,name:limit; "late" has no limit, here or in the file (from OBAN_QUEUES)',
      '  logger: expected json, pretty or silent, found "loud" (from --log)',
      `  prefix: expected a schema name of 1 to 40 bytes, found "${'p'.repeat(40)}…" (from OBAN_PREFIX)`,
      '  queues.default.threads: expected at most the limit of 1, found 2 (from OBAN_QUEUES over oban.config.mjs)',
      '  prefx: is not an option; there are … (did you mean "prefix"?) (from oban.config.mjs)',
      '',
    ])
  })

  test('never chooses a database by itself', async () => {
    const { code, stderr } = await start({ env: { DATABASE_URL: '' } }).ended

    expect([code, stderr]).toEqual([2, expect.stringContaining('is DATABASE_URL set?')])
  })

  test.each([
    ['does not load: ', { text: 'throw new Error("broken")' }],
    ['is not an option', { text: 'export default { queue: 1 }' }],
    ['exports no options', { text: 'export const nothing = 1' }],
    ['there is no oban.config.js, .mjs or .ts in ', { file: 'other.js' }],
    ['health-port: expected a port from 0 to 65535', { env: { OBAN_HEALTH_PORT: '70000' } }],
    ['expected a number of seconds or infinity', { args: ['--shutdown-grace-period', '15s'] }],
    ['leadership: expected true or false', { env: { OBAN_LEADERSHIP: 'no' } }],
    ["logger.level: expected 'debug'", { env: { OBAN_LOG_LEVEL: 'loud' } }],
    ['did you mean "isolated"', { args: ['--notifier', 'isolatd'] }],
    ['there is no file ', { args: ['--config', 'missing.js'] }],
    ['queues: expected name:limit,name:limit', { args: ['--queues', 'unheard'] }],
    ['logger: expected json, pretty or silent', { args: ['--log', 'loud'] }],
    ['expected a whole number from 1', { args: ['--queues', 'default:0'] }],
    ['database: expected a connection string', { args: ['--database-url', 'mysql://x'] }],
    [
      'testing: expected "disabled" for a node that is to run jobs, found "manual" (from oban.config.mjs)',
      { text: "export default { testing: 'manual', queues: { default: 1 } }" },
    ],
    [
      'unexpected argument "b.js"; put a pattern for --workers in quotes',
      { args: ['--workers', 'a.js', 'b.js', 'c.js'] },
    ],
  ])('ends with 2 when the file or an option is wrong: %s', async (message, given) => {
    const ended = await start(given).ended

    expect(ended.code).toBe(2)
    expect(ended.stderr.split('\n')[0]).toContain(message)
    expect(ended.stderr).not.toContain('    at ')
  })

  test('takes a promise of options', async () => {
    const text = 'export default Promise.resolve({ queues: { default: 7 } })'
    const { code, stdout } = await start({ text, args: ['--dry-run'] }).ended

    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { config: { queues: [{ name: 'default', limit: 7 }] } },
    ])
  })

  test('fails where the file awaits what never comes', async () => {
    const { code, stderr } = await start({ text: 'await new Promise(() => {})' }).ended

    expect([code, stderr]).toEqual([1, expect.stringContaining('never settles')])
  })

  test('finds workers by patterns, of an option before those of the file', async () => {
    const text = config.replace(JSON.stringify(bodies), "'no/*.js', './gone/**/*.mjs', 5")
    const { code, stderr } = await start({ text, args: ['--queues=default:2'] }).ended
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /workers\[0\]: expected modules that match "no\/\*\.js" in \/\S+, found none \(from oban\.config\.mjs\)\n/,
    )
    expect(stderr).toContain('workers[1]: expected modules that match "./gone/**/*.mjs" in ')
    expect(stderr).toContain("workers[2]: expected new URL('./workers.js', import.meta.url), an")
    expect(stderr).toContain('invalid configuration, 3 problems:')

    const program = start({
      text,
      args: ['--workers', bodies.replace('bodies.js', '{bodi,none}es.js')],
    })
    await up(program)
    await insert('Echo')
    await until('completed')
    program.signal('SIGTERM')
    expect((await program.ended).code).toBe(0)
  })

  test('needs no file', async () => {
    const program = start({ file: 'other.txt', args: ['--queues=default:1', '--workers', bodies] })
    await up(program)
    program.signal('SIGTERM')

    expect(await program.ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('queues: default 1\nstopped\n'),
    })
  })

  test('writes nothing but JSON where the log is JSON', async () => {
    const program = start({ args: ['--log', 'json', '--log-level', 'debug', '--node', 'n'] })
    await program.shown(/"node\.up"/)
    program.signal('SIGTERM')
    const { stdout, stderr } = await program.ended
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

    expect(stderr).toBe('')
    expect(lines.filter(({ event }) => String(event).startsWith('node.'))).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: 'info',
        event: 'node.up',
        instance: 'Oban',
        node: 'n',
        pid: expect.any(Number),
        queues: { default: 2, other: 3 },
        message: expect.stringMatching(/^node n of Oban is up/),
      },
      expect.objectContaining({ level: 'warn', event: 'node.stopping' }),
      expect.objectContaining({ level: 'info', event: 'node.stopped', message: 'stopped' }),
    ])
  })

  test('ends promptly, and well, while it waits for a database', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    const asked = new Promise<Socket>((resolve) => silent.once('connection', resolve))
    await new Promise((resolve) => silent.once('listening', resolve))
    const port = Reflect.get(Object(silent.address()), 'port')
    const program = start({ args: ['--database-url', `postgres://127.0.0.1:${port}/x`] })
    const socket = await asked
    const askedAtMs = performance.now()
    program.signal('SIGTERM')

    expect(await program.ended).toEqual({
      code: 0,
      stdout: 'stopped\n',
      stderr: expect.stringMatching(/^stopping: /),
    })
    socket.destroy()
    // It would have waited for ten seconds.
    expect(performance.now() - askedAtMs).toBeLessThan(9_000)
  })

  test('answers Kubernetes from before it is up until it has stopped', async () => {
    const program = start({
      args: ['--health-port', '0', '--log', 'json'],
      env: { OBAN_HEALTH_HOST: '127.0.0.1' },
    })
    await program.shown(/ is up /)
    const url = await program.shown(/(http:[^\s"]+)/)
    const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status

    expect([await statusOf('/live'), await statusOf('/ready')]).toEqual([200, 200])
    // Producers register after the start, and nothing tells of it.
    await untilAnswered(
      () => statusOf('/health'),
      (status) => status === 200,
    )
    await insert('Deaf')
    await program.shown(/begun/)
    program.signal('SIGTERM')
    await program.shown(/stopping/)
    expect([await statusOf('/live'), await statusOf('/ready')]).toEqual([200, 503])
    program.signal('SIGKILL')
  })

  test('is alive, not ready, while it waits for its database', async () => {
    const unreachable = 'postgres://127.0.0.1:1/x'
    const program = start({
      args: ['--health-port', '0', '--health-host', '127.0.0.1', '--database-url', unreachable],
    })
    const url = await program.shown(/(http:\S+)/)
    const phases = ['/live', '/ready'].map(async (path) => (await fetch(`${url}${path}`)).json())

    expect(await Promise.all(phases)).toEqual([
      { live: true, phase: 'starting' },
      { ready: false, phase: 'starting' },
    ])
    program.signal('SIGTERM')
    expect((await program.ended).code).toBe(0)
  })

  test('ends with 1 when the health port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const port = String(Reflect.get(Object(other.address()), 'port'))
    const args = ['--health-port', port, '--health-host', '127.0.0.1']

    expect(await start({ args }).ended).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `oban: the health endpoint cannot have port ${port} of 127.0.0.1: another process ` +
        'listens there; choose another with --health-port\n',
    })
  })

  test('shows what it would run with, without secrets', async () => {
    const text = `export default {
      threadOptions: { env: { TOKEN: 'secret' } },
      queues: { mail: { limit: 2, execution: 'inline', paused: true } },
      cron: { crontab: [{ worker: 'Py', expression: '@daily', args: { key: 'secret' } }] },
      shutdownGracePeriod: 'infinity',
    }`
    const env = {
      DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x?sslpassword=secret',
      OBAN_LISTEN_URL: 'postgres://me:secret@127.0.0.1:1/x',
    }
    const args = ['--dry-run', '--queues=mail:4', '--node=n', '--health-port=1']
    const { code, stdout, stderr } = await start({ text, env, args }).ended

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).not.toContain('secret')
    expect(JSON.parse(stdout)).toMatchObject({
      file: expect.stringMatching(/oban\.config\.mjs$/),
      replaced: {
        database: 'DATABASE_URL',
        'database.listen': 'OBAN_LISTEN_URL',
        node: '--node',
        queues: '--queues',
        'queues.mail': '--queues over oban.config.mjs',
        'queues.mail.limit': '--queues',
      },
      health: { host: '0.0.0.0', port: 1 },
      config: {
        database: {
          url: 'postgres://me:***@127.0.0.1:1/x?sslpassword=***',
          listen: 'postgres://me:***@127.0.0.1:1/x',
        },
        name: 'Oban',
        node: 'n',
        queues: [{ name: 'mail', limit: 4, paused: true }],
        threadOptions: { env: { TOKEN: '***' } },
        cron: { crontab: [{ worker: 'Py', rule: '@daily' }] },
        shutdownGracePeriodMs: 'infinity',
        logger: 'console',
      },
    })
  })

  test.skipIf(missing !== undefined)(
    `says what is lost behind a pooler, and works${missing === undefined ? '' : ` (${missing})`}`,
    async () => {
      const pooler = await startPooler(inject('serverUrl'), { mode: 'transaction' })
      onTestFinished(pooler.stop)
      const args = ['--database-url', pooler.through(database.url), '--log=silent']
      const program = start({ args })
      await up(program)
      await program.warned('--listen-url')
      await insert('Echo')
      await until('completed')
      program.signal('SIGTERM')
      const { code, stderr } = await program.ended
      expect(code).toBe(0)
      expect(stderr).toContain('warning: notifications do not arrive (Error: ')
      expect(stderr).toContain('this node works by polling')

      const past = start({ args: [...args, '--listen-url', database.url] })
      await up(past)
      past.signal('SIGTERM')
      expect((await past.ended).stderr).not.toContain('warning')
    },
  )
})
