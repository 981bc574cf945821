import { describe, expect, test } from 'vitest'
import { TenureLostError } from '../../src/actors/producer.ts'
import { useDatabase } from '../support/database.ts'
import { actorsOf, kill, startTree } from '../support/tree.ts'

const database = useDatabase()

const queue = (name: string): string[] =>
  ['', '/pool', '/pool/thread/1', '/producer', '/watchman'].map(
    (child) => `nursery/foreman/${name}${child}`,
  )

/** Who is another one than before, in the order of the tree. */
async function changedBy(path: string) {
  const tree = await startTree(database.url)
  const before = actorsOf(tree.root)
  kill(tree.root, path)
  // Jobs of both queues run: whoever was to start again has done so.
  const ids = [await tree.enqueue('Where'), await tree.enqueue('Where', {}, 'other')]
  await Promise.all(ids.map((id) => tree.told.ended(id)))
  const after = actorsOf(tree.root)
  expect([...after.keys()]).toEqual([...before.keys()])

  return [...after].filter(([name, ref]) => before.get(name) !== ref).map(([name]) => name)
}

describe('a tree', () => {
  test('consists of its actors in the order of their starts', async () => {
    const { root } = await startTree(database.url)

    expect([...actorsOf(root).keys()]).toEqual([
      'db',
      'notifier',
      'refresher',
      'acker',
      'nursery',
      'nursery/foreman',
      ...queue('default'),
      ...queue('other'),
      'nursery/midwife',
      'peer',
      'sonar',
      'harbor',
      'harbor/stager',
      'harbor/lifeline',
      'harbor/pruner',
      'harbor/vacuumer',
    ])
  })

  test.each([
    'db',
    'notifier',
    'refresher',
    'acker',
    'nursery/foreman/default/pool/thread/1',
    'nursery/midwife',
    'peer',
    'sonar',
    'harbor/stager',
    'harbor/lifeline',
    'harbor/pruner',
    'harbor/vacuumer',
  ])('starts nobody again but %s when it ends', async (path) => {
    expect(await changedBy(path)).toEqual([path])
  })

  test.each(['pool', 'producer', 'watchman'])(
    'starts the whole queue again, and no other, when its %s ends',
    async (child) => {
      expect(await changedBy(`nursery/foreman/default/${child}`)).toEqual(queue('default').slice(1))
    },
  )

  test('starts a queue again when its supervisor ends', async () => {
    expect(await changedBy('nursery/foreman/default')).toEqual(queue('default'))
  })

  test('starts the midwife and all queues again when the foreman ends', async () => {
    expect(await changedBy('nursery/foreman')).toEqual([
      'nursery/foreman',
      ...queue('default'),
      ...queue('other'),
      'nursery/midwife',
    ])
  })

  test('starts the caretakers again when the harbor ends', async () => {
    expect(await changedBy('harbor')).toEqual([
      'harbor',
      'harbor/stager',
      'harbor/lifeline',
      'harbor/pruner',
      'harbor/vacuumer',
    ])
  })

  test('tells of a crash far below, with its place and its cause', async () => {
    const { root, runtime, told } = await startTree(database.url)
    const [tenure] = runtime.tenures
    const uuid = tenure?.uuid ?? ''
    actorsOf(root).get('nursery/foreman/default/producer')?.send({ type: 'tenure.lost', uuid })
    const report = await told.until('supervisor.report', ({ kind }) => kind === 'child_terminated')

    expect(report).toMatchObject({
      kind: 'child_terminated',
      id: 'queue/default/producer',
      error: new TenureLostError('default', uuid),
    })
  })

  test('keeps what was said of a queue over its restarts', async () => {
    const { root, runtime, enqueue, told } = await startTree(database.url)
    const settings = runtime.queues.get('default')
    if (settings) runtime.queues.set('default', { ...settings, limit: 7, paused: true })
    kill(root, 'nursery/foreman/default/producer')
    await told.until('supervisor.report')
    await told.ended(await enqueue('Where', {}, 'other'))

    const producer = runtime.whereis('queue/default/producer')?.getSnapshot()
    expect(producer?.context.limit).toBe(7)
    expect(producer?.value).toBe('paused')
  })
})
