import { describe, expect, onTestFinished, test } from 'vitest'
import { waitFor } from 'xstate'
import { connectTo, useDatabase } from '../support/database.ts'
import { actorsOf, kill, startTree } from '../support/tree.ts'

const database = useDatabase()

const producerPath = 'nursery/foreman/default/producer'

async function jobOf(id: number) {
  const [row] = await database.query(
    'SELECT state::text, attempt, cardinality(errors) AS errors, meta FROM oban_jobs WHERE id = $1',
    [id],
  )

  return row
}

/** Resolves when the producer has come to rest, whether it has claimed anything or not. */
async function atRest({ runtime }: Awaited<ReturnType<typeof startTree>>): Promise<void> {
  const producer = runtime.whereis('queue/default/producer')
  if (producer) await waitFor(producer, (snapshot) => snapshot.matches({ running: 'idle' }))
}

/** Have the next rows of producers wait to be written. */
async function holdUp() {
  const client = await connectTo(database.url)
  await client.query('SELECT pg_advisory_lock(42)')

  return { letGo: () => client.query('SELECT pg_advisory_unlock(42)') }
}

/** Resolves when a heartbeat from now on has been answered. */
function beat({ runtime }: Awaited<ReturnType<typeof startTree>>): Promise<void> {
  const refresher = runtime.whereis('refresher')
  const before = refresher?.getSnapshot().context.public.beatAt

  return new Promise((resolve) => {
    refresher?.subscribe(({ context }) => {
      if (context.public.beatAt !== before) resolve()
    })
    runtime.tell('refresher', { type: 'beat.now' })
  })
}

/** Keep a row from everybody else until it is let go. */
async function hold(id: number) {
  const client = await connectTo(database.url)
  await client.query('BEGIN')
  await client.query('SELECT FROM oban_jobs WHERE id = $1 FOR UPDATE', [id])

  return { letGo: () => client.query('ROLLBACK') }
}

describe('the jobs of a tree', () => {
  test.each([
    ['its producer', producerPath],
    ['its pool', 'nursery/foreman/default/pool'],
    ['its thread', 'nursery/foreman/default/pool/thread/1'],
    ['its supervisor', 'nursery/foreman/default'],
    ['the foreman', 'nursery/foreman'],
  ])('run again, their attempt restored, when %s ends', async (_, path) => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: path })
    await tree.begun(id)
    kill(tree.root, path)
    await tree.begun(id, 2)
    tree.say(path)
    await tree.told.ended(id)

    expect(await jobOf(id)).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
  })

  test.each(['db', 'notifier', 'refresher', 'acker', 'nursery/midwife', 'harbor'])(
    'run on when %s ends',
    async (path) => {
      const tree = await startTree(database.url)
      const id = await tree.enqueue('Wait', { word: path })
      await tree.begun(id)
      kill(tree.root, path)
      tree.say(path)
      await tree.told.ended(id)

      expect(await jobOf(id)).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
      expect(tree.told.all('job.log')).toHaveLength(1)
    },
  )

  test('of other queues run on when a queue starts again', async () => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: 'other' }, 'other')
    await tree.begun(id)
    kill(tree.root, producerPath)
    await tree.told.ended(await tree.enqueue('Where'))
    tree.say('other')
    await tree.told.ended(id)

    expect(tree.told.all('job.log')).toHaveLength(1)
  })

  test('that ended do not run again when their queue starts again before they are acknowledged', async () => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: 'ended' })
    await tree.begun(id)
    const { letGo } = await hold(id)
    tree.say('ended')
    const [tenure] = tree.runtime.tenures
    await tree.told.until('query.failed', ({ source }) => source === 'acker')
    kill(tree.root, producerPath)
    await tree.told.until('supervisor.report')
    expect(tenure?.runs.size).toBe(1)
    await letGo()
    await tree.told.ended(id)

    expect(await jobOf(id)).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
    expect(tree.told.all('job.log')).toHaveLength(1)
  })

  test('that ended are acknowledged by the acker that follows one that crashed', async () => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: 'acked' })
    await tree.begun(id)
    const { letGo } = await hold(id)
    tree.say('acked')
    await tree.told.until('query.failed', ({ source }) => source === 'acker')
    kill(tree.root, 'acker')
    await letGo()
    await tree.told.ended(id)

    expect(await jobOf(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('of a producer that another node declared dead run again under a new one', async () => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: 'lost' })
    await tree.begun(id)
    await database.query('UPDATE oban_ts_producers SET dead_at = now()')
    tree.runtime.tell('refresher', { type: 'beat.now' })
    await tree.told.until(
      'supervisor.report',
      ({ id: child }) => child === 'queue/default/producer',
    )
    await database.query(
      "UPDATE oban_jobs SET state = 'available', attempt = attempt - 1 WHERE id = $1",
      [id],
    )
    await tree.begun(id, 2)
    tree.say('lost')
    await tree.told.ended(id)

    expect(await jobOf(id)).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
  })

  test.each([
    ['', []],
    [' with its watchman', ['nursery/foreman/default/watchman']],
    [' with its producer', ['nursery/foreman/default/producer']],
  ])('that wait for a thread run again at once when their pool ends%s', async (_, others) => {
    // Whoever waits for the grace is seen by it.
    const tree = await startTree(database.url, { shutdownGracePeriod: 'infinity' })
    kill(tree.root, 'nursery/foreman/default/pool/thread/1')
    const id = await tree.enqueue('Where')
    await tree.told.until('job.start', (event) => event.id === id)
    for (const path of others) kill(tree.root, path)
    kill(tree.root, 'nursery/foreman/default/pool')
    await tree.told.ended(id)

    expect(await jobOf(id)).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
  })

  test('that linger on the main thread count against the limit of the producer that follows', async () => {
    const tree = await startTree(database.url, {
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    const first = await tree.enqueue('Wait', { word: 'linger' })
    await tree.begun(first)
    kill(tree.root, producerPath)
    const second = await tree.enqueue('Where')
    await atRest(tree)
    tree.say('linger')
    await tree.told.ended(second)

    expect(tree.told.all('job.stop').map(({ id }) => id)).toEqual([first, second])
  })

  test('leave no producer behind that nobody needs', async () => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: 'tidy' })
    await tree.begun(id)
    kill(tree.root, producerPath)
    await tree.begun(id, 2)
    tree.say('tidy')
    await tree.told.ended(id)
    await tree.stop()

    const left = await database.query('SELECT uuid FROM oban_ts_producers WHERE name = $1', [
      tree.runtime.config.name,
    ])
    expect(left).toEqual([])
    expect([...actorsOf(tree.root)]).toEqual([])
  })

  test('leave no producer behind that was killed while its row was written', async () => {
    await database.query(`
      CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$;
      CREATE TRIGGER held_up BEFORE INSERT ON oban_ts_producers
        FOR EACH ROW EXECUTE FUNCTION held_up()`)
    onTestFinished(async () => {
      await database.query('DROP FUNCTION held_up CASCADE')
    })
    const tree = await startTree(database.url)
    const { letGo } = await holdUp()
    for (let time = 0; time < 2; time += 1) {
      kill(tree.root, producerPath)
      await beat(tree)
    }
    await letGo()
    await tree.told.ended(await tree.enqueue('Where'))
    await tree.stop()

    expect(
      await database.query('SELECT uuid FROM oban_ts_producers WHERE name = $1', [
        tree.runtime.config.name,
      ]),
    ).toEqual([])
  })
})
