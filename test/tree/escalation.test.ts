import { describe, expect, test } from 'vitest'
import { MaxIntensityError } from '../../supervisors/index.ts'
import { useDatabase } from '../support/database.ts'
import { actorsOf, kill, startTree } from '../support/tree.ts'

const database = useDatabase()

type Tree = Awaited<ReturnType<typeof startTree>>

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
