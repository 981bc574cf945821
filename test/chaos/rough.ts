import { expect, test } from 'vitest'
import { createDatabase } from '../support/database.ts'
import { violations } from './invariants.ts'
import { KINDS } from './kinds.ts'
import { dropouts, misbehaviour, mixture, ROUGH } from './jobs.ts'
import { CRONS } from './queues.ts'
import { pastMinute } from './past-minute.ts'
import { report } from './report.ts'
import { Theatre } from './theatre.ts'
import { until } from './until.ts'

const QUEUES = { rough: ROUGH, inline: { limit: 5, execution: 'inline' } } as const

/** Two of each kind that misbehaves. */
const TURNS = 24

const OPEN = `
SELECT FROM oban_jobs
 WHERE state IN ('available', 'executing', 'retryable', 'scheduled')
 LIMIT 1
`

/** To be called in a `describe.concurrent`: it mostly waits. */
export function testRough(): void {
  test('jobs that harm their thread pay for it, and nobody beside them', async ({
    onTestFinished,
  }) => {
    const database = await createDatabase()
    const theatre = await Theatre.open(database.url)
    onTestFinished(async () => {
      await theatre.close()
      await database.drop()
    })
    const nodes = await Promise.all(
      ['a', 'b'].map((node) => theatre.start(node, QUEUES, { crons: CRONS })),
    )
    let turn = 0
    const feeder = theatre.feed(500, () => {
      const bystanders = [...mixture('rough', 30), ...dropouts('inline', 30)]
      turn += 1

      return turn > TURNS ? bystanders : [...bystanders, ...misbehaviour('rough', turn)]
    })
    await until('each kind was there twice', () => turn >= TURNS, 60_000)
    await feeder.stop()
    const isOver = async () => (await theatre.query(OPEN)).length === 0
    await until('every job has ended', isOver, 120_000).catch(console.error)
    await pastMinute()
    await until('the job of the minute has ended', isOver, 15_000).catch(console.error)
    await Promise.all(nodes.map((node) => node.rest()))
    await Promise.all(nodes.map((node) => node.stop()))

    const story = await theatre.story()
    const found = violations(story)
    if (found.length > 0) console.error(report(story, found, theatre.log()))
    expect(found).toEqual([])
    const workers = new Set(story.changes.map(({ worker }) => worker))
    expect(Object.keys(KINDS).filter((kind) => !workers.has(kind))).toEqual(['Chaos.Long'])
  }, 300_000)
}
