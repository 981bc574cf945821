import { describe, expect, test } from 'vitest'
import { MetricsPublisher } from '../../src/runtime/harbor/metrics-publisher.ts'
import { useDatabase } from '../support/database.ts'
import { listenAsWeb } from '../support/oban-web.ts'
import { startTree } from '../support/tree.ts'

const database = useDatabase()

async function start() {
  const web = await listenAsWeb(database.url)
  const { runtime, told } = await startTree(database.url)
  await told.until('peer.election', ({ leader }) => leader)

  return { publisher: new MetricsPublisher(runtime), runtime, web }
}

describe('metrics publisher', () => {
  test.each(['database', 'notifier'] as const)(
    'sends nothing while the %s is away, and what was gathered when it is back',
    async (part) => {
      const { publisher, runtime, web } = await start()
      publisher.tally.add('completed', 'media', 'Resize', 1, 1)
      runtime.faults.note(part, new Error('away'))
      await publisher.publish()
      await publisher.farewell()
      runtime.faults.clear(part)
      await publisher.publish()
      await web.until(() => web.metrics.length > 0)

      expect(web.checks.map(({ queue }) => queue).toSorted()).toEqual(['default', 'other'])
      expect(web.series('exec_count')).toHaveLength(1)
      expect(web.wrong).toEqual([])
    },
  )

  test('tells counts once for each second, as two of one would be added up', async () => {
    const { publisher, web } = await start()
    publisher.takeCounts([
      { series: 'full_count', state: 'completed', queue: 'media', value: { data: [3] } },
    ])
    for (let time = 0; time < 20; time += 1) await publisher.publish()
    await web.until(() => web.checks.length === 40)
    const times = web.metrics.map(({ time }) => time)

    expect(new Set(times).size).toBe(times.length)
    expect(times.length).toBeGreaterThan(0)
  })
})
