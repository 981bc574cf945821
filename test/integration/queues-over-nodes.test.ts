import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { runningQueues } from '../../src/runtime/queues/running-queues.ts'
import { useDatabase } from '../support/database.ts'
import { startControlledNode, type QueueShown } from '../support/controlled-node.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { ignoredBy, untilSeen } from '../support/seen.ts'
import { startTree } from '../support/tree.ts'

const database = useDatabase()

const queues = { default: { limit: 3, threads: 2 }, media: 2 }

/** Two nodes of an instance, one of them in a process of its own, that hear what is said. */
async function startTwo() {
  const name = `nodes-${randomBytes(4).toString('hex')}`
  const there = await startControlledNode({ database: database.url, name, node: 'web.2', queues })
  const here = await startOban({
    database: database.url,
    name,
    node: 'web.1',
    workers: [workerModule],
    queues,
  })
  await Promise.all([here.told.hears(), there.hears()])

  return { name, here, oban: here.oban, there }
}

const ofDefault = { queue: 'default', limit: 3, paused: false, threads: 2 }
const ofMedia = { queue: 'media', limit: 2, paused: false, threads: 1 }
const asConfigured = [ofDefault, ofMedia]

const withDefault = (changes: Partial<QueueShown>) => [{ ...ofDefault, ...changes }, ofMedia]

/** Say something on a channel as anybody can, in one of the encodings. */
async function say(channel: string, payload: string, prefix = 'public') {
  await database.query('SELECT pg_notify($1, $2)', [`${prefix}.oban_${channel}`, payload])
}

describe('control over nodes', () => {
  test('is for every node, or for one, or for this one only', async () => {
    const { oban, there } = await startTwo()
    await oban.pauseQueue('default')
    expect(oban.checkQueue('default')?.paused).toBe(true)
    await there.shows(withDefault({ paused: true }))

    await oban.resumeQueue('default', { localOnly: true })
    await oban.scaleQueue('default', { limit: 8, threads: 4, node: 'web.2' })
    await there.shows(withDefault({ paused: true, limit: 8, threads: 4 }))
    expect(oban.checkQueue('default')).toMatchObject({ paused: false, limit: 3 })

    await oban.pauseQueue('media', { node: 'web.1' })
    await oban.resumeAllQueues({ node: 'web.2' })
    await there.shows(withDefault({ limit: 8, threads: 4 }))
    expect(oban.checkQueue('media')?.paused).toBe(true)
  })

  test('starts and stops queues everywhere, and knows none that only others run', async () => {
    const { oban, there } = await startTwo()
    await oban.startQueue('late', { limit: 4, threads: 2, paused: true })
    const late = { queue: 'late', limit: 4, paused: true, threads: 2 }
    await there.shows([...asConfigured, late])
    expect(oban.checkQueue('late')).toMatchObject({ limit: 4, paused: true })

    await oban.stopQueue('late', { localOnly: true })
    expect(oban.checkQueue('late')).toBe(undefined)
    await oban.scaleQueue('late', { limit: 5 })
    await there.shows([...asConfigured, { ...late, limit: 5 }])
    await oban.stopQueue('late')
    await there.shows(asConfigured)
    await expect(oban.stopQueue('late', { localOnly: true })).rejects.toMatchObject({
      code: 'OBAN_UNKNOWN_QUEUE',
    })
  })

  test('works from an instance that runs no queues, and from one that is not started', async () => {
    const { name, oban, there } = await startTwo()
    const { oban: client } = makeOban({ database: database.url, name: `${name}-client` })
    const { oban: admin } = await startOban({ database: database.url, name: `${name}-admin` })
    await client.pauseAllQueues()
    await there.shows([
      { ...ofDefault, paused: true },
      { ...ofMedia, paused: true },
    ])
    await untilSeen(oban, () => oban.checkQueue('media')?.paused === true)

    await admin.resumeAllQueues()
    await admin.startQueue('late', 1)
    const late = { queue: 'late', limit: 1, paused: false, threads: 1 }
    await there.shows([...asConfigured, late])
    // It has no workers, so it starts nothing for others.
    expect(admin.checkAllQueues()).toEqual([])
    await expect(client.pauseQueue('media', { localOnly: true })).rejects.toMatchObject({
      code: 'OBAN_NOT_RUNNING',
    })
  })

  test('refuses what cannot be meant before anybody is told', async () => {
    const { oban } = makeOban({ database: database.url })

    await expect(oban.pauseQueue('media', { node: 'a', localOnly: true })).rejects.toThrow(
      'node: has no meaning beside localOnly',
    )
    await expect(oban.pauseQueue('media', { node: 'a b' })).rejects.toMatchObject({
      problems: [{ path: 'node' }],
    })
    await expect(oban.pauseQueue('')).rejects.toMatchObject({ problems: [{ path: 'queue' }] })
    await expect(oban.scaleQueue('media', { limit: 2, threads: 3 })).rejects.toMatchObject({
      problems: [{ path: 'threads' }],
    })
    await expect(oban.scaleQueue('media', { limit: 10_001 })).rejects.toThrow(
      'limit: expected at most 10000 for nodes that are told by a signal, found 10001',
    )
    await expect(
      oban.startQueue('media', { limit: 300, threads: 257 }, { node: 'web.1' }),
    ).rejects.toMatchObject({ problems: [{ path: 'queues.media.threads' }] })
  })
})

/** As Oban Web sends them from the page of a queue, for one node. */
const fromWeb = (ident: string) => [
  `{"action":"pause","ident":"${ident}","queue":"default"}`,
  `{"action":"scale","ident":"${ident}","limit":7,"queue":"default"}`,
  `{"action":"scale","global_limit":null,"ident":"${ident}","queue":"default"}`,
]

describe('signals of other languages', () => {
  test.each([
    ['plain', (text: string) => text],
    ['behind Z:', (text: string) => `Z:${gzipSync(text).toString('base64')}`],
    ['as bare gzip', (text: string) => gzipSync(text).toString('base64')],
  ])('are followed: %s', async (_, encode) => {
    const { oban, told } = await startOban({
      database: database.url,
      name: 'Oban',
      node: 'web.1',
      workers: [workerModule],
      queues: { default: 1 },
    })
    await told.hears()
    for (const payload of fromWeb('Oban.web.2')) await say('signal', encode(payload))
    for (const payload of fromWeb('Oban.web.1')) await say('signal', encode(payload))
    await untilSeen(oban, () => {
      const { limit, paused } = oban.checkQueue('default') ?? {}

      return limit === 7 && paused === true
    })

    await say('signal', encode('{"action":"resume","queue":"*","ident":"any"}'))
    await untilSeen(oban, () => oban.checkQueue('default')?.paused === false)
    await say(
      'signal',
      encode('{"action":"start","queue":"late","limit":2,"paused":true,"local_only":false}'),
    )
    await untilSeen(oban, () => oban.checkQueue('late') !== undefined)
    expect(oban.checkQueue('late')).toMatchObject({ limit: 2, paused: true })
    await say('signal', encode('{"action":"stop","queue":"late"}'))
    await untilSeen(oban, () => oban.checkQueue('late') === undefined)
    expect(told.all('signal.failed')).toEqual([])
  })

  test('reach only the nodes of their schema', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: 1 },
    })
    await told.hears()
    await say('signal', '{"action":"pause","queue":"default"}', 'other')
    await say('signal', '{"action":"scale","queue":"default","limit":2}')
    await untilSeen(oban, () => oban.checkQueue('default')?.limit === 2)

    expect(oban.checkQueue('default')?.paused).toBe(false)
  })

  test('that cannot be understood are counted, and what cannot be done is told', async () => {
    const tree = await startTree(database.url)
    await tree.told.hears()
    const ignored = ignoredBy(tree)
    await say('signal', '{"action":"scale","queue":"default","limit":-1}')
    await say('signal', 'hello')
    await say('ts', '{"action":"scale","queue":"default","threads":100000}')
    await say('sonar', '{"node":7}')
    await ignored.reached(4)

    await say('ts', '{"action":"scale","queue":"default","threads":200}')
    await say('ts', '{"action":"start","queue":"late","options":{"limit":3,"threads":4}}')
    await tree.told.count('signal.failed', 2)
    expect(
      tree.told
        .all('signal.failed')
        .map(({ action, queue, error }) => [action, queue, String(error)]),
    ).toEqual([
      ['scale', 'default', expect.stringContaining('expected at most the limit of 3, found 200')],
      ['start', 'late', expect.stringContaining('expected at most the limit of 3, found 4')],
    ])
    expect(ignored.count()).toBe(4)
  })
})

/** How a queue was set each time that its producer changed, and a word of what comes after. */
async function startWatched() {
  const tree = await startTree(database.url)
  await tree.told.hears()
  const { control } = runningQueues(tree.runtime)
  const pauses: boolean[] = []
  tree.runtime.whereis('queue/default/producer')?.subscribe(({ context }) => {
    if (pauses.at(-1) !== context.isPaused) pauses.push(context.isPaused)
  })
  const ignored = ignoredBy(tree)
  /** Resolves when everything that was said before has been heard. */
  const heard = async () => {
    const before = ignored.count()
    await say('signal', 'a mark')
    await ignored.reached(before + 1)
  }

  return { ...tree, control, heard, pauses }
}

describe('the echo of a signal', () => {
  test('does not make a queue flap that was paused and resumed at once', async () => {
    const { control, heard, pauses } = await startWatched()
    const everywhere = { kind: 'everywhere' } as const
    await Promise.all([
      control({ action: 'pause', queue: 'default' }, everywhere),
      control({ action: 'resume', queue: 'default' }, everywhere),
    ])
    await heard()

    expect(pauses).toEqual([true, false])
  })

  test('is not taken for what another node says the same way later', async () => {
    const { control, heard, pauses } = await startWatched()
    await control({ action: 'pause', queue: 'default' }, { kind: 'everywhere' })
    await heard()
    await control({ action: 'resume', queue: 'default' }, { kind: 'here' })
    await say('signal', '{"action":"pause","queue":"default","ident":"any"}')
    await heard()

    expect(pauses).toEqual([true, false, true])
  })
})
