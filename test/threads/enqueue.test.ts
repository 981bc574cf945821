import { describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { startOban } from '../support/oban.ts'
import { startPool } from '../support/thread-pool.ts'
import { startTree } from '../support/tree.ts'

const database = useDatabase()

async function start() {
  const tree = await startTree(database.url, {
    workers: [new URL('../fixtures/threads-enqueue.js', import.meta.url)],
  })
  const instance = tree.runtime.config.name
  /** Run a job to its end; resolves to what it recorded. */
  const run = async (worker: string, args: Readonly<Record<string, string>> = {}) => {
    const id = await tree.enqueue(worker, { instance, ...args })
    await tree.told.ended(id)
    const job = await tree.runtime.insertion.getJob(id)
    expect(job).toMatchObject({ state: 'completed' })

    return { id, recorded: job?.recorded }
  }

  return { ...tree, run }
}

type Tree = Awaited<ReturnType<typeof start>>

/** What stands in the database of a job that another one enqueued, once it has ended. */
async function leafOf({ runtime, told }: Tree, id: unknown) {
  await told.ended(Number(id))

  return runtime.insertion.getJob(Number(id))
}

describe('a job in a thread', () => {
  test('enqueues itself', async () => {
    const tree = await start()
    const first = await tree.enqueue('Self', { left: 2 })
    await tree.told.count('job.stop', 3)
    const ids = tree.told.all('job.stop').map(({ id }) => id)

    expect(ids.toSorted((a, b) => a - b)).toEqual([first, first + 1, first + 2])
  })

  test.each([
    ['another worker', 'Other', { priority: 3 }],
    ['through the instance', 'ByInstance', {}],
    ['by name', 'ByName', { tags: ['named'] }],
    ['where nobody knows whose code it is', 'Lost', {}],
  ])('enqueues %s', async (_, worker, expected) => {
    const tree = await start()
    const { id, recorded } = await tree.run(worker)

    expect(await leafOf(tree, recorded)).toMatchObject({
      worker: 'Leaf',
      args: { from: id },
      state: 'completed',
      ...expected,
    })
  })

  test('enqueues many at once, in order', async () => {
    const tree = await start()
    const { id, recorded } = await tree.run('Many')
    await tree.told.count('job.stop', 4)

    expect(recorded).toEqual([id + 1, id + 2, id + 3])
  })

  test('enqueues a unique job once, and is told of the conflicts', async () => {
    const tree = await start()
    const { id, recorded } = await tree.run('Twice')

    expect(recorded).toEqual([
      [id + 1, false],
      [id + 1, true],
      [id + 1, true],
      [id + 1, true],
    ])
  })

  test('enqueues in a transaction of its own, which takes its jobs along when it commits', async () => {
    const tree = await start()
    const { id, recorded } = await tree.run('Riding', { url: database.url, end: 'COMMIT' })

    expect(recorded).toEqual({
      ids: [id + 1, id + 2, id + 3, id + 4],
      seen: true,
      after: id,
    })
    await tree.told.count('job.stop', 5)
  })

  test('enqueues nothing in a transaction that rolls back', async () => {
    const tree = await start()
    const { id } = await tree.run('Riding', { url: database.url, end: 'ROLLBACK' })

    expect(await database.query('SELECT id FROM oban_jobs WHERE id > $1', [id])).toEqual([])
  })

  test('is told that a job does not exist', async () => {
    const tree = await start()

    expect((await tree.run('Missing')).recorded).toBe(true)
  })

  test('is told what cannot be stored, as the error it would be on the main thread', async () => {
    const tree = await start()

    expect((await tree.run('Invalid')).recorded).toEqual({
      name: 'InvalidJobError',
      code: 'OBAN_INVALID_JOB',
    })
  })

  test('is told which arguments are wrong, as the error it would be on the main thread', async () => {
    const tree = await start()

    expect((await tree.run('WrongArgs')).recorded).toEqual({
      isClass: true,
      name: 'InvalidArgsError',
      code: 'OBAN_INVALID_ARGS',
    })
  })

  test('cancels and finds jobs', async () => {
    const tree = await start()

    expect((await tree.run('Cancelling')).recorded).toEqual([true, 'cancelled'])
  })

  test('changes jobs by functions of its own', async () => {
    const tree = await start()

    expect((await tree.run('Updating')).recorded).toEqual({
      n: 3,
      codes: ['OBAN_JOB_NOT_FOUND', 'OBAN_INVALID_JOB', 'OBAN_IN_THREAD'],
    })
  })

  test('enqueues from setup(), before its thread is up', async () => {
    const module = new URL('../fixtures/threads-enqueue.js', import.meta.url)
    const { oban, told } = await startOban({
      name: 'set-up',
      database: database.url,
      workers: [module],
      queues: { default: 1 },
      threadOptions: { setup: module, env: { INSTANCE: 'set-up' } },
    })
    const { id } = await oban.enqueue('FromSetup', {})
    await told.ended(id)
    const recorded = (await oban.getJob(id))?.recorded

    expect(await oban.getJob(Number(recorded))).toMatchObject({ args: { from: 'setup' } })
  })

  test('leaves nothing behind when it dies with a call on its way', async () => {
    const door = gate()
    const replies: Promise<void>[] = []
    const { run, ended } = startPool({
      modules: ['threads-enqueue.js'],
      onCall: async () => {
        const reply = door.pass()
        replies.push(reply)
        await reply

        return []
      },
    })
    const { outcome } = await ended(run('Leaving', { instance: 'Oban' }))
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('process.exit'),
    })

    // The answer comes when nobody is there to hear it.
    door.open()
    await Promise.all(replies)
    expect(replies).toHaveLength(1)
    expect(await ended(run('Leaf'))).toMatchObject({ outcome: { kind: 'completed' } })
  })

  test('is told what the instance refuses', async () => {
    const tree = await start()

    expect((await tree.run('Refused')).recorded).toMatchObject({ isError: true })
  })

  test('cannot start an instance', async () => {
    const tree = await start()

    expect((await tree.run('Nested')).recorded).toBe('OBAN_IN_THREAD')
  })
})
