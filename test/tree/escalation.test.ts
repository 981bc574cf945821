import { describe, expect, test } from 'vitest'
import { describe as describeTree, MaxIntensityError } from '../../supervisors/index.ts'
import { useDatabase } from '../support/database.ts'
import { actorsOf, kill, startTree } from '../support/tree.ts'
import { unsettled } from './fire/census.ts'
import { leapingClock } from './fire/leaping-clock.ts'
import { untilRight } from './fire/until.ts'

const database = useDatabase()

type Tree = Awaited<ReturnType<typeof startTree>>

/** With the two that are always there one more than the foreman may start again. */
const manyNames = Array.from({ length: 19 }, (_, index) => `queue_${index}`)

function upAgain({ root }: Tree): Promise<void> {
  return untilRight(root, 'a kill', () => unsettled(describeTree(root.getSnapshot())))
}

/** How reports name a supervisor. */
function placeOf(path: string): string {
  return path.replace('nursery/foreman/', 'queue/').replace('nursery/foreman', 'queue')
}

/** Kill an actor until its supervisor gives up on it. */
function wearOut({ root }: Tree, path: string, times: number): void {
  for (let time = 0; time < times; time += 1) kill(root, path)
}

describe('escalation', () => {
  test('starts a queue that keeps crashing again as a whole, after a pause', async () => {
    const tree = await startTree(database.url)
    const before = actorsOf(tree.root).get('nursery/foreman/default')
    for (let time = 1; time <= 4; time += 1) {
      // The whole queue starts again each time: its producer comes after its pool.
      await tree.told.ended(await tree.enqueue('Where'))
      kill(tree.root, 'nursery/foreman/default/producer')
    }
    const report = await tree.told.until('supervisor.report', ({ id }) => id === 'queue/default')
    expect(report.error).toBeInstanceOf(MaxIntensityError)
    await tree.told.ended(await tree.enqueue('Where'))

    expect(actorsOf(tree.root).get('nursery/foreman/default')).not.toBe(before)
    expect(actorsOf(tree.root).has('nursery/foreman/other')).toBe(true)
  })

  /** Kill as many as a budget allows, and one more; the others that are named do not notice. */
  test.each([
    {
      supervisor: 'nursery/foreman/default/pool',
      victims: Array<string>(11).fill('thread/1'),
      untouched: ['nursery/foreman/default', 'nursery/foreman/other/pool', 'nursery/midwife'],
    },
    {
      supervisor: 'nursery/foreman/default',
      victims: Array<string>(4).fill('watchman'),
      untouched: ['nursery/foreman', 'nursery/foreman/other/producer', 'nursery/midwife'],
    },
    {
      supervisor: 'nursery/foreman',
      victims: ['default', 'other', ...manyNames],
      untouched: ['nursery', 'peer', 'harbor/stager'],
    },
    {
      supervisor: 'nursery',
      victims: Array<string>(6).fill('midwife'),
      untouched: ['acker', 'peer', 'harbor/stager'],
    },
    {
      supervisor: 'harbor',
      victims: ['stager', 'lifeline', 'pruner', 'stager', 'lifeline', 'pruner'],
      untouched: ['peer', 'nursery', 'nursery/foreman/default/producer'],
    },
  ])(
    'takes $supervisor down with the first child too many',
    async ({ supervisor, victims, untouched }) => {
      const many = supervisor === 'nursery/foreman' ? manyNames : []
      // A thread's patience would outlast the window of its pool.
      const timers = leapingClock(supervisor.endsWith('/pool') ? 20 : undefined)
      const options = {
        queues: { default: 3, other: 3, ...Object.fromEntries(many.map((name) => [name, 1])) },
      }
      const tree = await startTree(database.url, options, { timers })
      const before = actorsOf(tree.root)
      for (const victim of victims) {
        expect(actorsOf(tree.root).get(supervisor)).toBe(before.get(supervisor))
        kill(tree.root, `${supervisor}/${victim}`)
        // Those whose turn has come may still wait for it: everybody else is up.
        if (new Set(victims).size < victims.length) await upAgain(tree)
      }
      const report = await tree.told.until(
        'supervisor.report',
        ({ kind }) => kind === 'max_intensity',
      )
      await upAgain(tree)

      expect(report).toMatchObject({
        id: `${placeOf(supervisor)}/${victims.at(-1)}`,
        error: expect.any(MaxIntensityError),
      })
      const after = actorsOf(tree.root)
      expect(after.get(supervisor)).not.toBe(before.get(supervisor))
      expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted())
      for (const path of untouched)
        expect([path, after.get(path)]).toEqual([path, before.get(path)])
      expect(tree.fatal).toEqual([])
      await tree.told.ended(await tree.enqueue('Where'))
    },
  )

  test('ends at the root, which says so once and leaves nothing running', async () => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: 'never' })
    await tree.begun(id)
    const ended = new Promise((resolve) => {
      tree.root.subscribe({ error: resolve })
    })
    wearOut(tree, 'harbor', 3)
    wearOut(tree, 'notifier', 1)
    await ended

    expect(tree.fatal).toEqual([expect.any(MaxIntensityError)])
    expect([...actorsOf(tree.root)]).toEqual([])
    expect(tree.runtime.outbox.size).toBe(0)
  })
})
