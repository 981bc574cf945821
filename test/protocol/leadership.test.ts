import { describe, expect, test } from 'vitest'
import { Leadership } from '../../src/protocol/leadership.ts'

function startHeld() {
  const leadership = new Leadership(30_000)
  leadership.hold('2030-01-31 09:00:00.123456', 1_000)

  return leadership
}

describe('leadership', () => {
  test("is nobody's at first", () => {
    const leadership = new Leadership(30_000)

    expect(leadership.isTrusted(0)).toBe(false)
    expect(leadership.electedAt).toBeNull()
  })

  test('is trusted for less than the lease, counted from the sending', () => {
    const leadership = startHeld()

    expect(leadership.isTrusted(27_999)).toBe(true)
    expect(leadership.isTrusted(28_000)).toBe(false)
    expect(leadership.trustedForMs(20_000)).toBe(8_000)
  })

  test('remembers the term that it does not trust any more', () => {
    const leadership = startHeld()
    leadership.distrust()

    expect(leadership.isTrusted(1_001)).toBe(false)
    expect(leadership.electedAt).toBe('2030-01-31 09:00:00.123456')
  })

  test('forgets the term that the database has no more', () => {
    const leadership = startHeld()
    leadership.lose()

    expect(leadership.isTrusted(1_001)).toBe(false)
    expect(leadership.electedAt).toBeNull()
  })
})
