/** `oban jobs` as a user runs it, on a real database. */
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { createEmptyDatabase } from '../engine/empty-database.ts'
import { useDatabase } from '../support/database.ts'
import { startProgram } from '../support/program.ts'
import { startTerminal } from '../support/terminal.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const envOf = () => ({ DATABASE_URL: database.url, NO_COLOR: '1' })
const oban = (...args: string[]) => startProgram([main, ...args], { env: envOf() }).ended

interface Row {
  readonly state?: string
  readonly queue?: string
  readonly worker?: string
  readonly args?: object
  readonly meta?: object
  readonly tags?: readonly string[]
  readonly errors?: readonly object[]
}

/** Insert jobs as they would stand there. Their ids begin with 1. */
async function insert(...rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const { state = 'available', queue = 'media', worker = 'Media.Resize', errors = [] } = row
    await database.query(
      `INSERT INTO oban_jobs (state, queue, worker, args, meta, tags, errors, attempt, scheduled_at,
                              attempted_at, attempted_by, discarded_at, completed_at)
       VALUES ($1::oban_job_state, $2, $3, $4, $5, $6,
               ARRAY(SELECT jsonb_array_elements($7::jsonb)), 1,
               timezone('UTC', now()) + CASE WHEN $1 = 'scheduled' THEN interval '10 min 50 s'
                                             ELSE interval '-10 min' END,
               timezone('UTC', now()) - interval '8 min', ARRAY['web-1', 'uuid-1'],
               CASE WHEN $1 = 'discarded' THEN timezone('UTC', now()) - interval '3 hours' END,
               CASE WHEN $1 = 'completed' THEN timezone('UTC', now()) END)`,
      [
        state,
        queue,
        worker,
        row.args ?? { token: 'hunter2' },
        row.meta ?? {},
        row.tags ?? [],
        JSON.stringify(errors),
      ],
    )
  }
}

const states = () =>
  database
    .query<{ state: string }>('SELECT state::text AS state FROM oban_jobs ORDER BY id')
    .then((rows) => rows.map(({ state }) => state))

const boom = { attempt: 1, at: '2026-01-01T00:00:00.000Z', error: 'TypeError: boom\n    at x.js:1' }

describe('oban jobs', () => {
  test('lists the newest first, without arguments', async () => {
    await insert(
      { state: 'discarded', errors: [boom], tags: ['bulk'] },
      { state: 'scheduled', queue: 'mailers', worker: 'Mail' },
      { state: 'executing' },
    )
    const { code, stdout, stderr } = await oban('jobs')

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      'id  state      queue    worker        attempt       when  inserted  tags  last error',
      expect.stringMatching(
        /^ 3  executing  media    Media\.Resize     1\/20  for 8 min {3}\d+ s ago$/,
      ),
      expect.stringMatching(/^ 2  scheduled  mailers  Mail {13}1\/20 {2}in 10 min {3}\d+ s ago$/),
      expect.stringMatching(
        /^ 1  discarded  media    Media\.Resize     1\/20 {4}3 h ago {3}\d+ s ago  bulk  TypeError: boom$/,
      ),
      '',
    ])
    expect(stdout).not.toContain('hunter2')
  })

  test('shows arguments to who asks for them', async () => {
    await insert({ args: { account: 7 }, meta: { trace: 'abc' } })

    expect((await oban('jobs', '--show-args')).stdout).toMatch(/ {"account":7}\n$/)
    const [bare, whole] = await Promise.all([
      oban('jobs', '--json'),
      oban('jobs', '--json', '--show-args'),
    ])
    expect(JSON.parse(bare.stdout)).toEqual({
      jobs: [
        {
          id: 1,
          state: 'available',
          queue: 'media',
          worker: 'Media.Resize',
          tags: [],
          errors: [],
          attempt: 1,
          maxAttempts: 20,
          priority: 0,
          attemptedBy: ['web-1', 'uuid-1'],
          insertedAt: expect.stringMatching(/Z$/),
          scheduledAt: expect.stringMatching(/Z$/),
          attemptedAt: expect.stringMatching(/Z$/),
          completedAt: null,
          cancelledAt: null,
          discardedAt: null,
        },
      ],
      next: null,
    })
    expect(JSON.parse(whole.stdout)).toMatchObject({
      jobs: [{ args: { account: 7 }, meta: { trace: 'abc' } }],
    })
  })

  test.each([
    [
      ['--state', 'discarded,scheduled'],
      [2, 1],
    ],
    [
      ['--state', 'discarded', '--state', 'completed'],
      [4, 1],
    ],
    [['--queue', 'mailers'], [2]],
    [
      ['--worker', 'Mail,Report'],
      [3, 2],
    ],
    [['--tag', 'bulk,late'], [3]],
    [['--args', '{"account":7}'], [4]],
    [['--meta', '{"trace":"abc"}'], [3]],
    [
      ['--order', 'oldest', '--limit', '2'],
      [1, 2],
    ],
    [['--state', 'completed', '--queue', 'mailers'], []],
  ])('finds with %j', async (args, ids) => {
    await insert(
      { state: 'discarded' },
      { state: 'scheduled', queue: 'mailers', worker: 'Mail' },
      { worker: 'Report', tags: ['bulk', 'late'], meta: { trace: 'abc', more: 1 } },
      { state: 'completed', args: { account: 7, more: 1 }, tags: ['bulk'] },
    )
    const { code, stdout } = await oban('jobs', ...args, '--json')
    const { jobs }: { jobs: { id: number }[] } = JSON.parse(stdout)

    expect([code, jobs.map(({ id }) => id)]).toEqual([0, ids])
  })

  test('goes on where a page has ended', async () => {
    await insert({}, {}, {})
    const { stderr } = await oban('jobs', '--limit', '2')
    const cursor = /^there are more: --after (\S+)\n$/.exec(stderr)?.[1] ?? ''
    const { stdout } = await oban('jobs', '--limit', '2', '--after', cursor, '--json')

    expect(JSON.parse(stdout)).toMatchObject({ jobs: [{ id: 1 }], next: null })
  })

  test('counts by queue and state', async () => {
    await insert({}, {}, { state: 'discarded' }, { queue: 'mailers' })

    expect((await oban('jobs', 'count')).stdout.split('\n')).toEqual([
      'queue    available  discarded  all',
      'mailers          1          0    1',
      'media            2          1    3',
      'all              3          1    4',
      '',
    ])
    expect(
      JSON.parse((await oban('jobs', 'count', '--queue', 'mailers', '--json')).stdout),
    ).toEqual({
      counts: [{ state: 'available', queue: 'mailers', jobs: 1 }],
    })
  })

  test('shows everything about a job', async () => {
    await insert({ state: 'retryable', errors: [boom], meta: { trace: 'abc' } })
    const { code, stdout } = await oban('jobs', 'show', '1')

    expect(code).toBe(0)
    expect(stdout).toMatch(/^job 1 is retryable, due now\n {2}worker {6}Media\.Resize\n/)
    expect(stdout).toMatch(/attempted {3}\S+Z {2}8 min ago by web-1 uuid-1\n/)
    expect(stdout).toContain('args\n  {\n    "token": "hunter2"\n  }\n')
    expect(stdout).toContain('    TypeError: boom\n        at x.js:1\n')
    expect(JSON.parse((await oban('jobs', 'show', '1', '--json')).stdout)).toMatchObject({
      id: 1,
      args: { token: 'hunter2' },
      errors: [{ error: boom.error }],
    })
    expect(await oban('jobs', 'show', '1', '9')).toMatchObject({
      code: 1,
      stderr: 'there is no job 9\noban: not every job was found\n',
    })
  })

  test('fits into the terminal', async () => {
    await insert({ state: 'retryable', errors: [{ ...boom, error: 'x'.repeat(300) }] })
    const { ended } = startTerminal([main, 'jobs'], { columns: 64, env: envOf() })
    const { code, output } = await ended
    const [, ...lines] = output.trim().split('\r\n')

    expect(code).toBe(0)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(/^ 1 {2}retryable {2}media .* x+…$/)
    expect(Math.max(...lines.map(({ length }) => length))).toBe(64)
  })

  test('takes a terminal that knows no size for one of the usual', async () => {
    await insert({ worker: 'W' })
    const { ended } = startTerminal([main, 'jobs'], { columns: 0, rows: 0, env: envOf() })

    expect((await ended).output).toContain('available  media  W')
  })

  test.each([
    [['--state', 'discraded'], 'did you mean "discarded"?'],
    [['--args', '{a'], '--args is not JSON ('],
    [['--args', '[1]'], '--args is a JSON object'],
    [['--limit', '0'], '--limit must be an integer from 1 to 1000'],
    [['--limit', 'ten'], '--limit is a number of jobs, not "ten"'],
    [['--after', 'zzz'], '--after is not a cursor of this search'],
    [['--order', 'random'], '--order is newest or oldest, not "random"'],
    [['--yes'], '--yes is not for the list'],
    [['42'], 'did you mean "oban jobs show 42"?'],
    [['shwo', '1'], 'oban jobs has no "shwo"; did you mean "show"?'],
    [['show'], 'which job? Give its id: oban jobs show 42'],
    [['show', 'x'], '"x" is not the id of a job'],
    [['retry'], 'which jobs? Give their ids, a filter as --state discarded, or --all'],
    [['delete', '--all', '--queue', 'media'], '--all means every job'],
    [['cancel', '--limit', '3'], '--limit is not for cancel'],
  ])('is misused with %j', async (args, message) => {
    expect(await oban('jobs', ...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })

  test.each(['jobs', 'tree'])('%s says what to do where there are no tables', async (command) => {
    const { url } = await createEmptyDatabase()
    const { code, stderr } = await oban(command, '--database-url', url)

    expect([code, stderr]).toEqual([
      1,
      'oban: schema "public" has no up-to-date Oban tables; run `oban install`\n',
    ])
  })
})

describe('a change', () => {
  test.each([
    ['retry', 'retried', ['available', 'available', 'executing']],
    ['cancel', 'cancelled', ['discarded', 'cancelled', 'cancelled']],
    ['delete', 'deleted', ['executing']],
  ])('of %s is made with --yes, of the jobs that it can be made of', async (verb, past, left) => {
    await insert({ state: 'discarded' }, { state: 'scheduled' }, { state: 'executing' })
    const { code, stdout } = await oban('jobs', verb, '--queue', 'media', '--yes')

    expect([code, stdout]).toEqual([0, `${past} 2 jobs\n`])
    expect(await states()).toEqual(left)
  })

  test('says of ids that were left alone why', async () => {
    await insert({}, { state: 'discarded' }, { state: 'discarded', queue: 'mailers' })
    const { code, stdout, stderr } = await oban(
      'jobs',
      'retry',
      '1',
      '2,3',
      '9',
      '--queue=media',
      '--yes',
      '--json',
    )

    expect([code, JSON.parse(stdout)]).toEqual([0, { action: 'retry', jobs: 1 }])
    expect(stderr.trimEnd().split('\n')).toEqual([
      'job 1 is available: it cannot be retried',
      'job 3 does not fit the other conditions',
      'there is no job 9',
    ])
  })

  test('fails when no job fits', async () => {
    await insert({})

    expect(await oban('jobs', 'retry', '--all', '--yes')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'oban: no job fits that can be retried\n',
    })
  })

  test('without a terminal says what it would do, and does nothing', async () => {
    await insert({ state: 'discarded' }, { state: 'discarded' }, { state: 'retryable' })
    const { code, stderr } = await oban('jobs', 'delete', '--all')

    expect(code).toBe(2)
    expect(stderr).toContain(
      'this would delete 3 jobs (2 discarded in media, 1 retryable in media); add --yes to do so',
    )
    expect(await states()).toHaveLength(3)
  })

  test.each([
    ['y\r', 0, 'deleted 2 jobs', 0],
    ['\r', 1, 'oban: nothing was changed', 2],
    ['no\r', 1, 'oban: nothing was changed', 2],
    ['\u0004', 1, 'oban: nothing was changed', 2],
  ])('on a terminal shows some, and asks: %j', async (keys, code, said, left) => {
    await insert({ state: 'discarded' }, { state: 'discarded' })
    const { press, shows, ended } = startTerminal(
      [main, 'jobs', 'delete', '--state', 'discarded'],
      {
        env: envOf(),
      },
    )
    await shows('delete 2 jobs (2 discarded in media)? [y/N] ')
    press(keys)
    const { code: ended1, output } = await ended

    expect(output).toContain(' 2  discarded  media  Media.Resize')
    expect(output).not.toContain('hunter2')
    expect(output).toContain(said)
    expect([ended1, (await states()).length]).toEqual([code, left])
  })

  test('is not made after Ctrl-C', async () => {
    await insert({ state: 'discarded' })
    const { press, shows, ended } = startTerminal([main, 'jobs', 'retry', '1'], { env: envOf() })
    await shows('[y/N] ')
    press('\u0003')

    expect((await ended).code).toBe(130)
    expect(await states()).toEqual(['discarded'])
  })
})
