import { describe, expect, test } from 'vitest'
import { difference, glance, type Executing } from '../../src/protocol/reconcile.ts'
import type { ClaimedRow } from '../../src/protocol/claimed-row.ts'
import { Tenure, type Run } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'

const startTenure = (uuid = 'uuid') => new Tenure(uuid, 'default', new Date())

function rowOf({ job, tenure }: Run): Executing {
  const { id, attempt, attempted_at } = job

  return { id, attempt, attempted_at, uuid: tenure.uuid }
}

function claim(tenure: Tenure, overrides: Partial<ClaimedRow> = {}): Run {
  return tenure.claim(claimedRow(overrides))
}

const stray: Executing = {
  id: '7',
  attempt: '1',
  attempted_at: '2030-01-31 09:00:00.5',
  uuid: 'uuid',
}

describe('reconcile', () => {
  test('finds nothing where both agree', () => {
    const tenure = startTenure()
    const run = claim(tenure)

    expect(difference([glance(tenure)], [rowOf(run)])).toEqual({ unheld: [], lost: [] })
  })

  test('finds rows that nobody here holds', () => {
    const tenure = startTenure()
    const run = claim(tenure)

    expect(difference([glance(tenure)], [rowOf(run), stray]).unheld).toEqual([stray])
  })

  test('holds what waits for room, and finds that its row is gone', () => {
    const tenure = startTenure()
    tenure.queueUp([claimedRow({ id: '1' }), claimedRow({ id: '2' })])
    const [first, second] = tenure.backlog.runs
    const rows = first ? [rowOf(first)] : []

    expect(difference([glance(tenure)], rows)).toEqual({ unheld: [], lost: [second] })
  })

  test('finds runs whose rows are gone', () => {
    const tenure = startTenure()
    const run = claim(tenure)

    expect(difference([glance(tenure)], []).lost).toEqual([run])
  })

  test.each([
    ['attempt', { attempt: '2' }],
    ['moment', { attempted_at: '2030-01-31 09:00:01.000002' }],
  ])('tells claims of one job apart by their %s', (_, other) => {
    const tenure = startTenure()
    const run = claim(tenure)
    const row = { ...rowOf(run), ...other }

    expect(difference([glance(tenure)], [row])).toEqual({ unheld: [row], lost: [run] })
  })

  test('does not miss a run that was claimed after the read was sent', () => {
    const tenure = startTenure()
    const before = glance(tenure)
    claim(tenure)

    expect(difference([before], []).lost).toEqual([])
  })

  test('does not miss a run that ended meanwhile: its acknowledgement may have landed', () => {
    const tenure = startTenure()
    const run = claim(tenure)
    const before = glance(tenure)
    tenure.settle(run)

    expect(difference([before], []).lost).toEqual([])
  })

  test('does not give back what ended and is not acknowledged yet', () => {
    const tenure = startTenure()
    const run = claim(tenure)
    tenure.settle(run)

    expect(difference([glance(tenure)], [rowOf(run)]).unheld).toEqual([])
  })

  test('gives nothing back of a queue with a claim under way when the read was sent', () => {
    const tenure = startTenure()
    tenure.fetchSent()
    const before = glance(tenure)
    tenure.fetchEnded()

    expect(difference([before], [stray]).unheld).toEqual([])
  })

  test('gives nothing back of a queue that claimed between the read and the comparison', () => {
    const tenure = startTenure()
    const before = glance(tenure)
    tenure.fetches += 1

    expect(difference([before], [stray]).unheld).toEqual([])
  })

  test('finds lost runs also while a claim is under way', () => {
    const tenure = startTenure()
    const run = claim(tenure)
    tenure.fetchSent()

    expect(difference([glance(tenure)], []).lost).toEqual([run])
  })

  test('judges each tenure by its own rows', () => {
    const [old, present] = [startTenure('old'), startTenure('present')]
    old.phase = 'retired'
    present.fetchSent()
    const left = { ...stray, uuid: 'old' }
    const unknown = { ...stray, uuid: 'somebody else' }

    expect(difference([glance(old), glance(present)], [left, unknown])).toEqual({
      unheld: [left],
      lost: [],
    })
  })

  test('leaves what still runs under a retired tenure alone', () => {
    const tenure = startTenure()
    const run = claim(tenure)
    tenure.phase = 'retired'

    expect(difference([glance(tenure)], [rowOf(run)])).toEqual({ unheld: [], lost: [] })
  })
})
