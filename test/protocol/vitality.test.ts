import { describe, expect, test } from 'vitest'
import { dead, nothingSeen, observe } from '../../src/protocol/vitality.ts'

type Looks = readonly (readonly [atMs: number, beats: Readonly<Record<string, string>>])[]

/** As an observer sees it whose own heart beats. */
function deadAfter(looks: Looks): string[] {
  return deadAmong(looks.map(([atMs, beats]) => [atMs, { ...beats, own: String(atMs) }] as const))
}

function deadAmong(looks: Looks): string[] {
  let vitality = nothingSeen
  for (const [atMs, beats] of looks) {
    const producers = Object.entries(beats).map(([uuid, beat]) => ({ uuid, beat }))
    vitality = observe(vitality, producers, atMs)
  }

  return dead(vitality).map(({ uuid, beat }) => `${uuid} ${beat}`)
}

/** One look every three seconds, with the same beats. */
function steady(fromMs: number, count: number, beats: Readonly<Record<string, string>>): Looks {
  return Array.from({ length: count }, (_, index) => [fromMs + 3_000 * index, beats] as const)
}

describe('vitality', () => {
  test('is lost after fifteen seconds without a beat, not before', () => {
    expect(deadAfter(steady(0, 5, { a: '1' }))).toEqual([])
    expect(deadAfter(steady(0, 6, { a: '1' }))).toEqual(['a 1'])
  })

  test('comes back with each beat', () => {
    const looks = [...steady(0, 5, { a: '1' }), ...steady(15_000, 5, { a: '2' })]

    expect(deadAfter(looks)).toEqual([])
    expect(deadAfter([...looks, [30_000, { a: '2' }]])).toEqual(['a 2'])
  })

  test('is counted from the start after a gap in the looks', () => {
    expect(deadAfter([...steady(0, 5, { a: '1' }), [16_001, { a: '1' }]])).toEqual([])
    expect(deadAfter([...steady(0, 5, { a: '1' }), [16_000, { a: '1' }]])).toEqual(['a 1'])
  })

  test('is not judged at the first look, however old the beat', () => {
    expect(deadAfter([[1_000_000, { a: '1' }]])).toEqual([])
  })

  test('is forgotten of producers that are gone, and begins anew when they are back', () => {
    const looks: Looks = [...steady(0, 5, { a: '1' }), [15_000, {}], [18_000, { a: '1' }]]

    expect(deadAfter(looks)).toEqual([])
  })

  test('is not judged while no beat at all gets through, nor right after that', () => {
    const locked = steady(0, 12, { a: '1', b: '1' })
    expect(deadAmong(locked)).toEqual([])

    const beating = (fromMs: number, count: number) =>
      steady(fromMs, count, { a: '1' }).map(
        ([atMs, beats]) => [atMs, { ...beats, b: String(atMs) }] as const,
      )
    expect(deadAmong([...locked, ...beating(36_000, 4)])).toEqual([])
    expect(deadAmong([...locked, ...beating(36_000, 5)])).toEqual(['a 1'])
  })

  test('is judged of each producer by itself', () => {
    const looks = steady(0, 6, {}).map(
      ([atMs], index) => [atMs, { still: '1', beating: String(index) }] as const,
    )

    expect(deadAfter(looks)).toEqual(['still 1'])
  })
})
