/** What a failed assertion shows, to the letter: it is what its reader has. */
import { beforeEach, describe, expect, test } from 'vitest'
import { defineWorker, type Oban, typed } from '../../src/index.ts'
import { assertEnqueued, matching, refuteEnqueued } from '../../src/testing/index.ts'
import { useDatabase } from '../support/database.ts'
import { blocksOf } from '../support/documents.ts'
import { makeOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

const Resize = defineWorker({
  name: 'Shown.Resize',
  queue: 'media',
  args: typed<{ path: string; width: number; list?: readonly number[] }>(),
  process() {},
})

const isWide = (width: unknown) => Number(width) > 80

function instance(): Oban {
  return makeOban({ database: database.url, testing: 'manual' }).oban
}

async function errorOf(asserted: Promise<unknown>): Promise<Error> {
  const error: unknown = await asserted.catch((thrown: unknown) => thrown)
  if (error instanceof Error) return error
  throw new Error('nothing was thrown')
}

async function said(asserted: Promise<unknown>): Promise<string> {
  return (await errorOf(asserted)).message
}

function lines(...all: readonly string[]): string {
  return all.join('\n')
}

describe('what is found instead', () => {
  test('is nothing where there are no jobs at all', async () => {
    const oban = instance()

    expect(await said(assertEnqueued({ worker: Resize }, { oban }))).toBe(
      lines(
        'expected a job to be enqueued with',
        '',
        "  worker  'Shown.Resize'",
        '  state   available, scheduled or suspended',
        '',
        `There are no jobs at all in the table of instance "${oban.name}".`,
        'Jobs of a transaction that has not committed are seen by its client only: pass `client`.',
      ),
    )
    const client = await database.pool.connect()
    const seen = await said(assertEnqueued({}, { oban, client }))
    client.release()
    expect(seen.split('\n').at(-1)).toBe(
      `There are no jobs at all in the table of instance "${oban.name}", as \`client\` sees it.`,
    )
  })

  test('are the jobs of the worker, the closest first, with what differs', async () => {
    const oban = instance()
    await Resize.enqueue({ path: 'b.png', width: 90 }, { oban })
    await Resize.enqueue({ path: 'a.png', width: 90 }, { oban, scheduleIn: 60, tags: ['x'] })
    const expectation = {
      worker: Resize,
      args: { path: 'a.png', width: expect.any(String), list: [1] },
      meta: { tenant: { id: 7 } },
    }

    expect(await said(assertEnqueued(expectation, { oban, timeout: { milliseconds: 20 } }))).toBe(
      lines(
        'expected a job to be enqueued within 20 ms with',
        '',
        "  worker  'Shown.Resize'",
        "  args    { path: 'a.png', width: Any<String>, list: [ 1 ] }",
        '  meta    { tenant: { id: 7 } }',
        '  state   available, scheduled or suspended',
        '',
        'Found 2 jobs of Shown.Resize instead, the closest first:',
        '',
        '  job 2 of Shown.Resize, scheduled in queue "media"',
        '    args.width: expected Any<String>, found 90',
        '    args.list: expected [ 1 ], found nothing',
        '    meta.tenant: expected { id: 7 }, found nothing',
        '  job 1 of Shown.Resize, available in queue "media"',
        "    args.path: expected 'a.png', found 'b.png'",
        '    args.width: expected Any<String>, found 90',
        '    args.list: expected [ 1 ], found nothing',
        '    meta.tenant: expected { id: 7 }, found nothing',
      ),
    )
  })

  test('tells when a job fits but has run', async () => {
    const oban = instance()
    const { id } = await Resize.enqueue({ path: 'a.png', width: 80 }, { oban })
    await database.query(`UPDATE oban_jobs SET state = 'completed'`)
    const expectation = { worker: Resize, args: { width: 80 } }

    expect(await said(assertEnqueued(expectation, { oban }))).toBe(
      lines(
        'expected a job to be enqueued with',
        '',
        "  worker  'Shown.Resize'",
        '  args    { width: 80 }',
        '  state   available, scheduled or suspended',
        '',
        'Found 1 job of Shown.Resize instead:',
        '',
        '  job 1 of Shown.Resize, completed in queue "media"',
        '    state: expected available, scheduled or suspended, found completed',
        '',
        `Job ${id} fits, but is completed: only jobs that have yet to run are looked at. Keep queues from`,
        `running it, as testing mode "manual" does, or expect { state: 'completed' }.`,
      ),
    )
  })

  test('tells which worker was perhaps meant, and which other jobs there are', async () => {
    const oban = instance()
    await oban.enqueueMany([
      Resize.new({ path: 'a.png', width: 80 }),
      Resize.new({ path: 'b.png', width: 80 }),
      defineWorker({ name: 'Mailer', process() {} }).new(),
    ])

    const misspelt = await said(assertEnqueued({ worker: 'Shown.Resise' }, { oban }))
    expect(misspelt.split('\n').slice(5)).toEqual([
      'Found 2 jobs of Shown.Resize instead, the closest first:',
      '',
      '  job 2 of Shown.Resize, available in queue "media"',
      "    worker: expected 'Shown.Resise', found 'Shown.Resize'",
      '  job 1 of Shown.Resize, available in queue "media"',
      "    worker: expected 'Shown.Resise', found 'Shown.Resize'",
      '',
      'No job has the worker "Shown.Resise"; did you mean "Shown.Resize"?',
    ])
    const elsewhere = await said(assertEnqueued({ worker: 'X', queue: 'y' }, { oban }))
    expect(elsewhere.split('\n').slice(6)).toEqual([
      'There is no job of "X" or in queue "y", in whatever state.',
      'There are 2 of Shown.Resize in queue "media", 1 of Mailer in queue "default".',
      'Jobs of a transaction that has not committed are seen by its client only: pass `client`.',
    ])
  })

  test('is bounded in number and in length', async () => {
    const oban = instance()
    const path = 'x'.repeat(5_000)
    const list = Array.from({ length: 1_000 }, (_, index) => index)
    await oban.enqueueMany(Array.from({ length: 210 }, () => Resize.new({ path, width: 80, list })))
    const args = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`member${index}`, list]),
    )
    const text = await said(
      assertEnqueued(
        { worker: 'Shown.Resize', args: { path: 'y', list: [-1], ...args } },
        { oban },
      ),
    )

    expect(text.match(/^ {2}job /gm)).toHaveLength(10)
    expect(text).toContain('Found 200 or more jobs of Shown.Resize instead, the closest first:')
    expect(text).toContain('\n    and 14 more\n')
    expect(text.split('\n').at(-1)).toBe('  and 190 more')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(750)
    expect(text.length).toBeLessThan(40_000)
  })

  test('shows times with their tolerance, and wildcards by their names', async () => {
    const oban = instance()
    await Resize.enqueue(
      { path: 'a.png', width: 80 },
      { oban, scheduledAt: new Date('2030-01-31T09:00:02Z') },
    )
    await database.query(`UPDATE oban_jobs SET inserted_at = '2030-01-31 09:00:00'`)
    const text = await said(
      assertEnqueued(
        {
          args: { path: expect.stringContaining('b'), width: matching(isWide) },
          scheduledAt: '2030-01-31T10:00:00+01:00',
          scheduledIn: { minutes: 5 },
          attemptedAt: new Date('2030-01-31T09:00:00Z'),
          insertedAt: '2030-01-31T09:00:00Z',
        },
        { oban, delta: 0.5 },
      ),
    )

    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        "    args.path: expected StringContaining 'b', found 'a.png'",
        '    args.width: expected matching(isWide), found 80',
        '    scheduledAt: expected 2030-01-31T09:00:00.000Z ± 0.5 s, found 2030-01-31T09:00:02.000Z',
        '    scheduledIn: expected 300 s ± 0.5 s, found 2 s',
        '    attemptedAt: expected 2030-01-31T09:00:00.000Z ± 0.5 s, found none',
      ]),
    )
    expect(text).not.toContain('insertedAt: expected')
  })

  test('gives test runners the asked part of the closest job for a diff', async () => {
    const oban = instance()
    await Resize.enqueue({ path: 'a.png', width: 90 }, { oban, meta: { a: 1, b: 2 } })
    const width = expect.any(String)

    expect(
      await errorOf(assertEnqueued({ worker: Resize, args: { width }, meta: { b: 2 } }, { oban })),
    ).toMatchObject({
      name: 'JobAssertionError',
      code: 'OBAN_ASSERTION',
      expected: { worker: 'Shown.Resize', args: { width }, meta: { b: 2 } },
      actual: { worker: 'Shown.Resize', args: { width: 90 }, meta: { b: 2 } },
    })
  })

  test('points at the line of the test', async () => {
    const error = await errorOf(assertEnqueued({}, { oban: instance() }))
    const [, frame] = error.stack?.slice(error.message.length).split('\n') ?? []

    expect(frame).toMatch(/at .*findings\.test\.ts/)
    expect('expected' in error).toBe(false)
  })
})

describe('what should not be there', () => {
  test('is shown, the newest first', async () => {
    const oban = instance()
    await Resize.enqueue({ path: 'a.png', width: 80 }, { oban })
    const expectation = { worker: Resize, args: { width: 80 } }
    const one = await said(refuteEnqueued(expectation, { oban }))
    expect(one.replaceAll(/at \d.*Z/g, 'at …')).toBe(
      lines(
        'expected no job to be enqueued with',
        '',
        "  worker  'Shown.Resize'",
        '  args    { width: 80 }',
        '  state   available, scheduled or suspended',
        '',
        'Found one:',
        '',
        '  job 1 of Shown.Resize, available in queue "media"',
        "    args { path: 'a.png', width: 80 }",
        '    inserted at …',
      ),
    )
    await oban.enqueueMany(Array.from({ length: 11 }, () => Resize.new({ path: 'b', width: 80 })))
    const many = await said(refuteEnqueued(expectation, { oban }))

    expect(many).toContain('\nFound 12, the newest first:\n\n  job 12 of Shown.Resize')
    expect(many.split('\n').at(-1)).toBe('  and 2 more')
  })
})

describe('the documentation', () => {
  test('shows a failure as it is', async () => {
    const oban = instance()
    const Media = defineWorker({
      name: 'Media.Resize',
      queue: 'media',
      args: typed<{ path: string; width: number }>(),
      process() {},
    })
    await Media.enqueue({ path: 'b.png', width: 90 }, { oban, scheduleIn: 60 })
    await Media.enqueue({ path: 'a.png', width: 90 }, { oban })
    const args = { path: 'a.png', width: 80 }
    const [shown] = blocksOf('docs/testing.md').filter(({ language }) => language === 'text')

    expect(`${await said(assertEnqueued({ worker: Media, args }, { oban }))}\n`).toBe(shown?.code)
  })
})
