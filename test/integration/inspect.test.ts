import { describe, expect, test } from 'vitest'
import type { InspectionEvent } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()

const start = () =>
  startOban({ database: database.url, workers: [workerModule], queues: { default: 2 } })

/** How many actors a description has, without the promises that machines invoke. */
function countActors({ children }: ReturnType<InstanceTree>): number {
  return children.reduce((sum, { tree }) => sum + 1 + (tree ? countActors(tree) : 0), 0)
}

type InstanceTree = Awaited<ReturnType<typeof start>>['oban']['snapshot']

describe('oban.inspect', () => {
  test('tells of every actor that exists, and then of what happens', async () => {
    const { oban, told } = await start()
    const seen: InspectionEvent[] = []
    const end = oban.inspect((event) => seen.push(event))
    const actors = seen.map(({ actorRef }) => actorRef)
    // The root, all of the snapshot, and what machines wait for, as the session of the notifier.
    expect(actors.length).toBeGreaterThan(countActors(oban.snapshot()) + 1)
    expect(actors.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'default#1',
        'thread/1#1',
        'producer#1',
        'stager#1',
        '0.notifier.session',
      ]),
    )

    const { id } = await oban.enqueue('Echo', { secret: 'card 4111' })
    await told.ended(id)
    const text = JSON.stringify(seen)
    expect(text).toContain('"type":"fetch.answered"')
    expect(text).not.toContain('card 4111')
    expect(text).not.toContain(database.url)

    end()
    seen.length = 0
    await told.ended((await oban.enqueue('Echo', {})).id)
    expect(seen).toEqual([])
  })

  test('drops an observer that throws, harms no job, and says so', async () => {
    const { oban, told } = await start()
    const end = oban.inspect({
      next: ({ type }) => {
        if (type === '@xstate.event') throw new Error('broken observer')
      },
    })
    const { id } = await oban.enqueue('Echo', {})
    await told.ended(id)
    end()

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed' })
    expect(told.all('inspector.failed').map(({ error }) => String(error))).toEqual([
      'Error: broken observer',
    ])
    expect(told.all('supervisor.report')).toEqual([])
  })

  test('needs a running instance', async () => {
    const { oban } = makeOban({ database: database.url })
    expect(() => oban.inspect(() => {})).toThrow(
      expect.objectContaining({ code: 'OBAN_NOT_RUNNING' }),
    )
  })
})
