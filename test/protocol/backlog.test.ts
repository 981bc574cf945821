import { describe, expect, test } from 'vitest'
import { Backlog } from '../../src/protocol/backlog.ts'
import { claimedRow } from '../support/claimed-row.ts'

const claim = (id: number, priority = 0, scheduledAt = '2030-01-01 00:00:00') => ({
  job: claimedRow({ id: String(id), priority: String(priority), scheduled_at: scheduledAt }),
})

function filled(...claims: ReturnType<typeof claim>[]) {
  const backlog = new Backlog<ReturnType<typeof claim>>()
  backlog.add(claims)

  return backlog
}

const idsOf = (claims: readonly ReturnType<typeof claim>[]) =>
  claims.map(({ job }) => Number(job.id))

describe('backlog', () => {
  test('orders by priority, time and id', () => {
    const earlier = '2029-12-31 23:59:59.999999'

    expect(idsOf(filled(claim(10), claim(9), claim(8, 0, earlier), claim(7, 1)).runs)).toEqual([
      8, 9, 10, 7,
    ])
  })

  test('lets a later claim of a higher priority go first', () => {
    const backlog = filled(claim(1, 5), claim(2, 5))
    backlog.add([claim(3, 6), claim(4, 0)])

    expect(idsOf(backlog.next(3))).toEqual([4, 1, 2])
    expect(idsOf(backlog.runs)).toEqual([3])
  })

  test('gives from both ends no more than there is', () => {
    const backlog = filled(claim(1), claim(2), claim(3))
    expect(idsOf(backlog.last(1))).toEqual([3])
    expect(idsOf(backlog.next(9))).toEqual([1, 2])

    expect([backlog.next(1), backlog.last(1), backlog.next(-1), backlog.last(-1)]).toEqual([
      [],
      [],
      [],
      [],
    ])
  })

  test('forgets one from the middle, and does not mind one that is not there', () => {
    const [first, second, third] = [claim(1), claim(2), claim(3)]
    const backlog = filled(first, second, third)
    backlog.remove(second)
    backlog.remove(second)

    expect([idsOf(backlog.runs), backlog.size]).toEqual([[1, 3], 2])
  })
})
