import { describe, expect, test } from 'vitest'
import { ClaimCursor, FRONT, type Place } from '../../src/protocol/claim-cursor.ts'
import { claimedRow } from '../support/claimed-row.ts'

const rowOf = (id: string) => claimedRow({ id })
const placeOf = ({ id, priority, scheduled_at }: Place): Place => ({ id, priority, scheduled_at })

/** One that has claimed a job twice, as many as it asked for, at the time 0. */
function startCursor() {
  const cursor = new ClaimCursor()
  for (let time = 0; time < 2; time += 1) cursor.advance(cursor.begin(0), [rowOf('1')], 1)

  return cursor
}

describe('claim cursor', () => {
  test('begins at the front', () => {
    expect(new ClaimCursor().begin(0).after).toBe(FRONT)
  })

  test('takes one full claim for no backlog', () => {
    const cursor = new ClaimCursor()
    cursor.advance(cursor.begin(0), [rowOf('1')], 1)
    const look = cursor.begin(1)
    expect(look.after).toBe(FRONT)

    expect(cursor.advance(look, [], 1)).toBe(false)
  })

  test('goes on behind the last full claim', () => {
    const cursor = startCursor()
    const look = cursor.begin(1)
    expect(look.after).toEqual(placeOf(rowOf('1')))
    expect(cursor.advance(look, [rowOf('2')], 1)).toBe(true)

    expect(cursor.begin(2).after).toEqual(placeOf(rowOf('2')))
  })

  test('knows that nothing is left only when it looked from the front', () => {
    const cursor = startCursor()
    expect(cursor.advance(cursor.begin(1), [], 1)).toBe(true)
    const look = cursor.begin(2)
    expect(look.after).toBe(FRONT)

    expect(cursor.advance(look, [], 1)).toBe(false)
  })

  test('begins at the front after an announcement', () => {
    const cursor = startCursor()
    cursor.rewind()

    expect(cursor.begin(1).after).toBe(FRONT)
  })

  test('begins at the front after a claim that was under way when something was announced', () => {
    const cursor = startCursor()
    const look = cursor.begin(1)
    cursor.rewind()
    cursor.advance(look, [rowOf('2')], 1)

    expect(cursor.begin(2).after).toBe(FRONT)
  })

  test('begins at the front each second', () => {
    const cursor = startCursor()
    expect(cursor.begin(999).after).toEqual(placeOf(rowOf('1')))
    expect(cursor.begin(1_000).after).toBe(FRONT)
    cursor.advance(cursor.begin(1_001), [rowOf('2')], 1)

    expect([cursor.begin(1_999).after, cursor.begin(2_001).after]).toEqual([
      placeOf(rowOf('2')),
      FRONT,
    ])
  })
})
