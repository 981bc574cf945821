/** What every connection that a caller brings has to do, tried on the real library. */
import { inspect } from 'node:util'
import { Client } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import type { QueryClient } from '../../src/job/query-client.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { defineWorker } from '../../src/worker.ts'
import { sqlStateOf } from '../../src/sql-state.ts'
import { deferred } from '../../src/deferred.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

/** A transaction of the library. */
export interface Transaction {
  readonly client: QueryClient
  /** Send a statement of the user's own through the library. */
  readonly run: (sql: string) => Promise<unknown>
  /** Do something inside of a savepoint, rolled back to when it rejects. */
  readonly savepoint: (body: (inner: Transaction) => Promise<void>) => Promise<void>
}

/** The library, connected; `transaction` commits, or rolls back and rejects when its body does. */
export interface Library {
  readonly transaction: <Result>(body: (tx: Transaction) => Promise<Result>) => Promise<Result>
  readonly close: () => Promise<unknown>
}

export interface Conformance {
  readonly open: (url: string) => Promise<Library> | Library
  /** The SQLSTATE in what a statement of the library rejects with. Default: its `code` */
  readonly codeOf?: (error: unknown) => unknown
}

const Note = defineWorker({ name: 'Note', args: typed<{ n?: unknown }>(), process: () => {} })

class Changed extends Error {}

/** The `code` of an error, where drivers have the SQLSTATE. */
export function codeIn(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

/** All that an error shows, in whatever way somebody logs it. */
function allOf(error: unknown): string {
  const written = inspect(error, { depth: Infinity, maxStringLength: null })

  return [written, JSON.stringify(error), String(error)].join('\n')
}

/** Do what ends in a change of mind; any other error is one of the test. */
async function undone(act: () => Promise<unknown>): Promise<void> {
  expect(await thrownBy(act)).toBeInstanceOf(Changed)
}

async function thrownBy(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Texts, numbers and shapes that some layer on the way could take for its own. */
const awkward = {
  quotes: `it's "quoted" \\ and \\" more`,
  marks: 'a ? b ?? c \\? :name ::jsonb $1 $2 $$ /*prefix*/ -- no comment',
  unicode: 'ä 漢字 👩‍👩‍👧 \u2028',
  numbers: [1e21, -0.1, 9_007_199_254_740_991, 1e-7],
  dates: '2030-01-01T00:00:00.000Z',
  nested: { list: [[], {}, [null, true, { deep: '{"json":"text"}' }]], '': 'empty key' },
  none: null,
}

/**
 * Declare the tests for one library, in a database of their own.
 *
 * @param library - as the tests are called
 */
export function conforms(library: string, { open, codeOf = codeIn }: Conformance): void {
  const database = useDatabase()
  beforeEach(() => database.query('TRUNCATE oban_jobs'))

  async function start(prefix = 'public') {
    const { oban } = makeOban({ database: database.url, prefix })
    const opened = await open(database.url)
    onTestFinished(async () => void (await opened.close()))

    return { oban, transaction: opened.transaction }
  }

  async function listen() {
    const listener = new Client({ connectionString: database.url })
    await listener.connect()
    onTestFinished(() => listener.end())
    const heard: string[] = []
    listener.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload).queue))
    await listener.query('LISTEN "public.oban_insert"')

    return {
      /** The queues announced so far: what was committed before arrives before this mark. */
      heard: async (mark: string) => {
        await listener.query(`SELECT pg_notify('public.oban_insert', '{"queue":"${mark}"}')`)
        await listener.query('SELECT')

        return heard.splice(0)
      },
    }
  }

  const stored = async () => {
    const rows = await database.query<{ n: unknown }>(
      "SELECT args->'n' AS n FROM oban_jobs ORDER BY id",
    )

    return rows.map(({ n }) => n)
  }

  describe(library, () => {
    test('stores a job at the commit, and shows it to the transaction before', async () => {
      const { oban, transaction } = await start()
      const job = await transaction(async ({ client }) => {
        const inserted = await Note.enqueue({ n: 1 }, { oban, client, priority: 3 })
        expect(await oban.getJob(inserted.id)).toBe(undefined)
        expect(await oban.getJob(inserted.id, { client })).toEqual(inserted)
        expect(await Note.get(inserted.id, { oban, client })).toEqual(inserted)
        expect(await oban.getJob(inserted.id + 1, { client })).toBe(undefined)

        return inserted
      })

      expect(job).toMatchObject({ args: { n: 1 }, priority: 3, state: 'available' })
      expect(await oban.getJob(job.id)).toEqual(job)
    })

    test('stores nothing when the transaction is rolled back', async () => {
      const { oban, transaction } = await start()
      await undone(() =>
        transaction(async ({ client }) => {
          await Note.enqueue({ n: 1 }, { oban, client })
          throw new Changed('my mind')
        }),
      )

      expect(await stored()).toEqual([])
    })

    test('keeps what was enqueued outside of a savepoint that is rolled back', async () => {
      const { oban, transaction } = await start()
      await transaction(async ({ client, savepoint }) => {
        await Note.enqueue({ n: 'before' }, { oban, client })
        await savepoint(async (inner) => {
          await Note.enqueue({ n: 'kept' }, { oban, client: inner.client })
        })
        await undone(() =>
          savepoint(async (inner) => {
            await Note.enqueue({ n: 'dropped' }, { oban, client: inner.client })
            throw new Changed('my mind')
          }),
        )
        await Note.enqueue({ n: 'after' }, { oban, client })
      })

      expect(await stored()).toEqual(['before', 'kept', 'after'])
    })

    test('changes and finds jobs in the transaction as well', async () => {
      const { oban, transaction } = await start()
      const [changed, cancelled, deleted] = await oban.enqueueMany(
        [1, 2, 3].map((n) => Note.new({ n }, { tags: ['many'] })),
      )
      const change = async ({ client }: Transaction) => {
        const options = { client }
        await oban.updateJob(changed?.id ?? 0, { meta: awkward }, options)
        await oban.cancelJob(cancelled?.id ?? 0, options)
        await oban.deleteManyJobs([deleted?.id ?? 0], options)

        return (await oban.listJobs({ tags: ['many'], ...options })).jobs.map((job) => job.meta)
      }
      await undone(() =>
        transaction(async (tx) => {
          expect(new Set(await change(tx))).toEqual(new Set([awkward, {}]))
          expect((await oban.listJobs({ tags: ['many'] })).jobs).toHaveLength(3)
          throw new Changed('my mind')
        }),
      )
      expect((await oban.listJobs({ state: 'available' })).jobs).toHaveLength(3)

      await transaction(change)
      expect(await oban.getJob(changed?.id ?? 0)).toMatchObject({ meta: awkward })
      expect(await oban.getJob(cancelled?.id ?? 0)).toMatchObject({ state: 'cancelled' })
      expect(await oban.getJob(deleted?.id ?? 0)).toBe(undefined)
    })

    test('stores 2,500 jobs in one transaction, in their order', async () => {
      const { oban, transaction } = await start()
      const numbers = Array.from({ length: 2_500 }, (_, n) => n)
      const jobs = await transaction(async ({ client }) =>
        oban.enqueueMany(
          numbers.map((n) => Note.new({ n })),
          { client },
        ),
      )
      const transactions = await database.query('SELECT DISTINCT xmin::text FROM oban_jobs')

      expect(jobs.map(({ args }) => args['n'])).toEqual(numbers)
      expect(await stored()).toEqual(numbers)
      expect(transactions).toHaveLength(1)
    })

    test('stores a unique job once, and changes the one that it finds', async () => {
      const { oban, transaction } = await start()
      const jobs = await transaction(async ({ client }) => {
        const options = { unique: { keys: ['n'], period: 60 }, replace: ['tags', 'meta'] } as const
        const first = await Note.enqueue({ n: awkward.marks }, { oban, client, ...options })
        const more = [{ n: awkward.marks }, { n: 2 }, { n: 2 }].map((args) =>
          Note.new(args, { ...options, tags: ['found'], meta: { awkward: awkward.quotes } }),
        )

        return [first, ...(await oban.enqueueMany(more, { client }))]
      })

      expect(jobs.map(({ conflict }) => conflict)).toEqual([false, true, false, true])
      expect(await stored()).toEqual([awkward.marks, 2])
      expect(await oban.getJob(jobs[0]?.id ?? 0)).toMatchObject({
        tags: ['found'],
        meta: { awkward: awkward.quotes },
      })
    })

    test('carries jsonb and bigint to the database and back as they are', async () => {
      const { oban, transaction } = await start()
      const id = 9_007_199_254_740_001
      await database.query(`SELECT setval('oban_jobs_id_seq', ${id}, false)`)
      const options = { meta: awkward, tags: [`it's`, '"?"', '$1', '{a,b}', 'ä'] }
      const [inserted, read] = await transaction(async ({ client }) => {
        const job = await Note.enqueue({ n: awkward }, { oban, client, ...options })

        return [job, await oban.getJob(job.id, { client })]
      })

      expect(inserted).toMatchObject({ id, args: { n: awkward }, ...options })
      expect(read).toEqual(inserted)
      expect(await oban.getJob(id)).toEqual(inserted)
      expect(await database.query('SELECT id, jsonb_typeof(args) AS type FROM oban_jobs')).toEqual([
        { id: String(id), type: 'object' },
      ])
    })

    test('works in a schema of any name', async () => {
      const prefix = `odd $1 ? "x" -- 'y`
      const admin = new Client({ connectionString: database.url })
      await admin.connect()
      onTestFinished(() => admin.end())
      await install(admin, { prefix })
      const { oban, transaction } = await start(prefix)
      const job = await transaction(({ client }) => Note.enqueue({ n: awkward }, { oban, client }))

      expect(await oban.getJob(job.id)).toEqual(job)
    })

    test('announces jobs at the commit only, and none of a rollback', async () => {
      const { oban, transaction } = await start()
      const { heard } = await listen()
      await transaction(async ({ client, run, savepoint }) => {
        await run('SELECT 1')
        await Note.enqueue({ n: 1 }, { oban, client, queue: 'mail' })
        await Note.enqueue({ n: 2 }, { oban, client, queue: 'mail' })
        await Note.enqueue({ n: 3 }, { oban, client, queue: 'later', scheduleIn: 60 })
        await undone(() =>
          savepoint(async (inner) => {
            await Note.enqueue({ n: 4 }, { oban, client: inner.client, queue: 'dropped' })
            throw new Changed('my mind')
          }),
        )
        expect(await heard('before the commit')).toEqual(['before the commit'])
      })
      expect(await heard('after the commit')).toEqual(['mail', 'after the commit'])

      await undone(() =>
        transaction(async ({ client }) => {
          await Note.enqueue({ n: 5 }, { oban, client, queue: 'mail' })
          throw new Changed('my mind')
        }),
      )
      expect(await heard('after the rollback')).toEqual(['after the rollback'])
    })

    test('goes on after a job that was refused before it was sent', async () => {
      const { oban, transaction } = await start()
      await transaction(async ({ client }) => {
        const thrown = await thrownBy(() => Note.enqueue({}, { oban, client, priority: 10 }))
        expect(codeIn(thrown)).toBe('OBAN_INVALID_JOB')
        await Note.enqueue({ n: 1 }, { oban, client })
      })

      expect(await stored()).toEqual([1])
    })

    test('fails as PostgreSQL does after an error, and goes on after its savepoint', async () => {
      const { oban, transaction } = await start()
      const { oban: elsewhere } = makeOban({ database: database.url, prefix: 'nowhere' })
      const thrown: unknown[] = []
      await transaction(async ({ client, savepoint }) => {
        await undone(() =>
          savepoint(async (inner) => {
            const args = { n: 'a secret' }
            for (const instance of [elsewhere, oban]) {
              const options = { oban: instance, client: inner.client }
              thrown.push(await thrownBy(() => Note.enqueue(args, options)))
            }
            throw new Changed('my mind')
          }),
        )
        await Note.enqueue({ n: 3 }, { oban, client })
      })

      // No such table, and then no statement before the rollback.
      const [missing, aborted] = thrown
      expect([codeIn(missing), codeOf(aborted)]).toEqual(['OBAN_SCHEMA_MISSING', '25P02'])
      expect(inspect(thrown, { depth: 9 })).not.toContain('secret')
      expect(await stored()).toEqual([3])
    })

    test('shows no argument of a job that a constraint refuses', async () => {
      const { oban, transaction } = await start()
      await database.query(
        `ALTER TABLE oban_jobs ADD CONSTRAINT no_secret CHECK (NOT args @> '{"n": "a secret"}')`,
      )
      onTestFinished(async () => {
        await database.query('ALTER TABLE oban_jobs DROP CONSTRAINT no_secret')
      })
      const { id } = await oban.enqueue(Note.new({}))
      const secret = { n: 'a secret' }
      const failing: ((options: { client: QueryClient }) => Promise<unknown>)[] = [
        ({ client }) => Note.enqueue(secret, { oban, client }),
        ({ client }) => Note.enqueue(secret, { oban, client, unique: { period: 60 } }),
        ({ client }) => oban.updateJob(id, { args: secret }, { client }),
      ]
      for (const fail of failing) {
        const thrown = await thrownBy(() => transaction(fail))

        expect(sqlStateOf(thrown)).toBe('23514')
        expect(allOf(thrown)).toContain('no_secret')
        expect(allOf(thrown)).not.toContain('a secret')
      }
    })

    test('keeps concurrent transactions apart', async () => {
      const { oban, transaction } = await start()
      const together = deferred()
      let entered = 0
      const one = (n: number) =>
        transaction(async ({ client }) => {
          await Note.enqueue({ n }, { oban, client })
          entered += 1
          if (entered === 4) together.resolve()
          await together.promise
          const jobs = await oban.enqueueMany([Note.new({ n: n + 10 })], { client })
          if (n % 2 === 1) throw new Changed('my mind')

          return jobs
        })
      const ends = await Promise.allSettled([0, 1, 2, 3].map(one))

      expect(ends.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
      ])
      expect(new Set(await stored())).toEqual(new Set([0, 2, 10, 12]))
    })
  })
}

/** The message with which something is refused as a `client`, or by the adapter for it. */
export async function refusalOf(client: unknown): Promise<string> {
  const { oban } = makeOban({})
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a caller without types passes
  const thrown = await thrownBy(() => Note.enqueue({}, { oban, client: client as QueryClient }))

  return String(thrown)
}
