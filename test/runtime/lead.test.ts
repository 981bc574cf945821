import type { QueryConfig, QueryResult } from 'pg'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { noConnections } from '../../src/engine/connections.ts'
import { Outlet } from '../../src/engine/outlet.ts'
import type { Db } from '../../src/engine/query.ts'
import { Leadership } from '../../src/protocol/leadership.ts'
import { Reach } from '../../src/protocol/reach.ts'
import { peerInput, isLeading, type Candidate } from '../../src/runtime/nodes/lead.ts'
import { effect } from '../support/effect.ts'
import { simulatedClock } from '../support/simulated-clock.ts'

const TERM = '2030-01-31 09:00:00.123456'

function answer(...rows: readonly object[]): QueryResult {
  return { command: 'SELECT', rowCount: rows.length, oid: 0, fields: [], rows: [...rows] }
}

const elected = answer({ elected_at: TERM, left_ms: '0' })
const renewed = answer({ elected_at: TERM })

/** A candidate whose database answers when the test wants. */
function startCandidate() {
  const { clock, simulated } = simulatedClock()
  const answers = effect<QueryResult, [config: QueryConfig]>()
  const beat: Db = { client: { query: answers.run }, prefix: 'public', named: false }
  const config = parseConfig({ name: 'Elect', node: 'web.1' })
  const runtime: Candidate = {
    clock,
    config,
    connections: { ...noConnections('public'), beat },
    leadership: new Leadership(30_000),
    outlet: new Outlet({ prefix: 'public', exchange: undefined }),
    reach: new Reach(),
    origin: { instance: 'Elect', node: 'web.1' },
    tell: () => true,
  }

  return { answers, input: peerInput(runtime), runtime, simulated }
}

async function startElected() {
  const started = startCandidate()
  const election = started.input.elect()
  await started.answers.resolve(elected)
  await election

  return started
}

describe('a candidate', () => {
  test('counts its trust from when the election was sent', async () => {
    const { answers, input, runtime, simulated } = startCandidate()
    const election = input.elect()
    simulated.increment(10_000)
    await answers.resolve(elected)

    expect(await election).toMatchObject({ leads: true, trustedForMs: 17_000 })
    simulated.increment(16_999)
    expect(isLeading(runtime)).toBe(true)
    simulated.increment(1)
    expect(isLeading(runtime)).toBe(false)
  })

  test('does not lead by an election that took longer than its trust', async () => {
    const { answers, input, runtime, simulated } = startCandidate()
    const election = input.elect()
    simulated.increment(27_000)
    await answers.resolve(elected)

    expect(await election).toMatchObject({ leads: false })
    expect(isLeading(runtime)).toBe(false)
  })

  test('counts its trust from when the renewal was sent', async () => {
    const { answers, input, simulated } = await startElected()
    simulated.increment(15_000)
    const renewal = input.renew()
    simulated.increment(2_000)
    await answers.resolve(renewed)

    expect(await renewal).toMatchObject({ leads: true, trustedForMs: 25_000 })
  })

  test('takes no trust from a renewal that is answered after it has ended', async () => {
    const { answers, input, runtime, simulated } = await startElected()
    simulated.increment(15_000)
    const renewal = input.renew()
    simulated.increment(12_000)
    await answers.resolve(renewed)

    expect(await renewal).toMatchObject({ leads: false })
    expect(isLeading(runtime)).toBe(false)
  })

  test('stands again with the term that it had, and frees it when it stops', async () => {
    const { answers, input, simulated } = await startElected()
    simulated.increment(27_000)
    input.onDecided(false, true)
    void input.elect()
    await answers.resolve(elected)
    void input.resign()
    await answers.resolve(answer())

    expect(answers.calls.map(([{ values }]) => values)).toEqual([
      ['Elect', 'web.1', 30, null],
      ['Elect', 'web.1', 30, TERM],
      [
        'Elect',
        'web.1',
        TERM,
        'public.oban_ts',
        '{"action":"resign","name":"Elect","node":"web.1"}',
      ],
    ])
  })

  test('asks nothing of the database when it stops without a term', async () => {
    const { answers, input } = startCandidate()
    await input.resign()

    expect(answers.calls).toEqual([])
  })

  test('believes the database that the term is not its own any more', async () => {
    const { answers, input, runtime } = await startElected()
    const renewal = input.renew()
    await answers.resolve(answer())

    expect(await renewal).toMatchObject({ leads: false })
    expect([isLeading(runtime), runtime.leadership.electedAt]).toEqual([false, null])
  })
})
