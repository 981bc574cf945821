import { describe, expect, test } from 'vitest'
import { countChildren } from '../../supervisors/index.ts'
import { pauseQueue, resumeQueue, scaleQueue } from '../../src/runtime/queues/control.ts'
import { checkQueue } from '../../src/runtime/queues/queue-state.ts'
import { currentTenure } from '../../src/runtime/runtime.ts'
import { useDatabase } from '../support/database.ts'
import { kill, startTree } from '../support/tree.ts'

const database = useDatabase()

type Tree = Awaited<ReturnType<typeof startTree>>

const below = 'nursery/foreman/default'

const everyone = [
  ['its producer', `${below}/producer`],
  ['its pool', `${below}/pool`],
  ['its watchman', `${below}/watchman`],
  ['its supervisor', below],
  ['the foreman', 'nursery/foreman'],
  ['the nursery', 'nursery'],
] as const

/** Both queues have begun anew, or been left alone: jobs of the other one run. */
const settle = async (tree: Tree) => {
  await tree.told.ended(await tree.enqueue('Where', {}, 'other'))
}

const threadsOf = ({ runtime }: Tree) => {
  const pool = runtime.whereis('queue/default/pool')

  return pool && countChildren(pool).active
}

/** Resolves when these jobs are claimed ahead, and no other. */
function claimedAhead({ runtime }: Tree, ...ids: readonly number[]): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const { prefetched = [] } = checkQueue(runtime, 'default') ?? {}
      if (String(prefetched) === String(ids)) resolve()
    }
    // A crash of it is what some of these tests are about.
    runtime.whereis('queue/default/producer')?.subscribe({ next: look, error: () => {} })
    look()
  })
}

describe('what an operator set', () => {
  test.each(everyone)('holds when %s starts again', async (_, path) => {
    const tree = await startTree(database.url)
    const { runtime } = tree
    const uuid = currentTenure(runtime, 'default')?.uuid
    await scaleQueue(runtime, 'default', { limit: 7, threads: 4 })
    pauseQueue(runtime, 'default')
    kill(tree.root, path)
    await settle(tree)
    await tree.told.until('supervisor.report')
    const producer = runtime.whereis('queue/default/producer')?.getSnapshot()
    expect(checkQueue(runtime, 'default')).toMatchObject({ limit: 7, paused: true })
    expect(currentTenure(runtime, 'default')?.uuid).not.toBe(uuid)
    expect([producer?.context.limit, producer?.context.isPaused, threadsOf(tree)]).toEqual([
      7,
      true,
      4,
    ])

    resumeQueue(runtime, 'default')
    await tree.told.ended(await tree.enqueue('Where'))
  })

  test('reaches a producer that is not registered yet', async () => {
    const tree = await startTree(database.url)
    const { runtime } = tree
    kill(tree.root, `${below}/producer`)
    pauseQueue(runtime, 'default')
    await scaleQueue(runtime, 'default', { limit: 9, threads: 2 })
    await settle(tree)
    const id = await tree.enqueue('Where')
    await settle(tree)
    expect(tree.told.all('job.start').filter(({ queue }) => queue === 'default')).toEqual([])
    resumeQueue(runtime, 'default')
    await tree.told.ended(id)

    expect([runtime.whereis('queue/default/producer')?.getSnapshot().context.limit]).toEqual([9])
    expect(threadsOf(tree)).toBe(2)
  })
})

describe('a thread that is to go', () => {
  test('goes also when it has crashed and come back meanwhile', async () => {
    const tree = await startTree(database.url, { queues: { default: { limit: 2, threads: 2 } } })
    const ids = [
      await tree.enqueue('Wait', { word: 'leave' }),
      await tree.enqueue('Wait', { word: 'leave' }),
    ]
    await Promise.all(ids.map((id) => tree.begun(id)))
    await scaleQueue(tree.runtime, 'default', { threads: 1 })
    const leaving = checkQueue(tree.runtime, 'default')?.threads.find(
      ({ state }) => state === 'draining',
    )
    kill(tree.root, `${below}/pool/thread/${leaving?.thread}`)
    await tree.told.until('thread.exit', ({ cause }) => cause === 'shutdown')
    tree.say('leave')
    await tree.told.ended(ids[0] ?? 0)

    await tree.begun(leaving?.running[0] ?? 0, 2)
    tree.say('leave')
    await Promise.all(ids.map((id) => tree.told.ended(id)))
    expect(checkQueue(tree.runtime, 'default')?.threads).toHaveLength(1)
  })
})

describe('jobs that were claimed ahead', () => {
  test.each(everyone)('run, their attempt restored, when %s starts again', async (_, path) => {
    const tree = await startTree(database.url, {
      queues: { default: { limit: 1, prefetch: 50 }, other: 1 },
    })
    const first = await tree.enqueue('Wait', { word: path })
    await tree.begun(first)
    const ids: number[] = []
    for (let count = 0; count < 3; count += 1) ids.push(await tree.enqueue('Where'))
    await claimedAhead(tree, ...ids)
    kill(tree.root, path)
    await tree.begun(first, 2)
    tree.say(path)
    await Promise.all([first, ...ids].map((id) => tree.told.ended(id)))

    expect(
      await database.query(
        `SELECT DISTINCT state::text, attempt, cardinality(errors) AS errors FROM oban_jobs
          WHERE id = ANY ($1)`,
        [[first, ...ids]],
      ),
    ).toEqual([{ state: 'completed', attempt: 1, errors: 0 }])
  })

  test('never start when they are cancelled, and leave their place to others', async () => {
    const tree = await startTree(database.url, { queues: { default: { limit: 1, prefetch: 2 } } })
    await tree.told.hears()
    const first = await tree.enqueue('Wait', { word: 'cancel' })
    await tree.begun(first)
    const [second, third] = [await tree.enqueue('Where'), await tree.enqueue('Where')]
    await claimedAhead(tree, second, third)
    await tree.store.cancel(second)
    const fourth = await tree.enqueue('Where')
    await claimedAhead(tree, third, fourth)
    tree.say('cancel')
    await Promise.all([first, third, fourth].map((id) => tree.told.ended(id)))

    expect(tree.told.all('job.start').map(({ id }) => id)).toEqual([first, third, fourth])
    expect(
      await database.query('SELECT state::text FROM oban_jobs WHERE id = $1', [second]),
    ).toEqual([{ state: 'cancelled' }])
  })

  test('belong to others when the producer has been declared dead', async () => {
    const tree = await startTree(database.url, { queues: { default: { limit: 1, prefetch: 9 } } })
    const first = await tree.enqueue('Wait', { word: 'dead' })
    await tree.begun(first)
    const second = await tree.enqueue('Where')
    await claimedAhead(tree, second)
    await database.query('UPDATE oban_ts_producers SET dead_at = now()')
    tree.runtime.tell('refresher', { type: 'beat.now' })
    await tree.told.until('supervisor.report', ({ id }) => id === 'queue/default/producer')
    await database.query(
      "UPDATE oban_jobs SET state = 'available', attempt = 0 WHERE state = 'executing'",
    )
    await tree.begun(first, 2)
    tree.say('dead')
    await Promise.all([first, second].map((id) => tree.told.ended(id)))

    expect(tree.told.all('job.start').filter(({ id }) => id === second)).toHaveLength(1)
  })
})
