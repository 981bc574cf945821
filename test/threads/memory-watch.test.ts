import { describe, expect, test } from 'vitest'
import { memoryBounds, MemoryWatch } from '../../src/threads/memory-watch.ts'

const MIB = 2 ** 20
const bounds = { heapBytes: 100 * MIB, externalBytes: 50 * MIB }

const sample = (sampledAtMs: number, externalMib = 10, heapMib = 40) => ({
  heapBytes: heapMib * MIB,
  externalBytes: externalMib * MIB,
  sampledAtMs,
})

describe('memory watch', () => {
  test('believes what the thread says', () => {
    const watch = new MemoryWatch(bounds)

    expect(watch.look(sample(0, 50), 0, 0)).toBeUndefined()
    expect(watch.look(sample(0, 51), 0, 0)).toBe('memory')
  })

  test('asks the process when the thread says nothing', () => {
    const watch = new MemoryWatch(bounds)
    watch.look(sample(0), 100, 300 * MIB)
    // 40 MiB of buffers and 60 of heap are within the bounds.
    expect(watch.look(sample(0), 1_000, 400 * MIB)).toBeUndefined()

    expect(watch.look(sample(0), 1_000, 401 * MIB)).toBe('growth')
  })

  test('counts growth from the last time that the thread spoke', () => {
    const watch = new MemoryWatch(bounds)
    watch.look(sample(0), 100, 300 * MIB)
    watch.look(sample(500), 600, 500 * MIB)

    expect(watch.look(sample(500), 2_000, 550 * MIB)).toBeUndefined()
  })

  test('judges nothing before the thread has spoken', () => {
    expect(new MemoryWatch(bounds).look(sample(0), 10_000, 900 * MIB)).toBeUndefined()
  })

  test('works beyond the range of the cells', () => {
    const watch = new MemoryWatch(bounds)
    const nowMs = 2 ** 31 + 100

    expect(watch.look(sample((2 ** 31 + 50) | 0), nowMs, 0)).toBeUndefined()
    expect(watch.look(sample((2 ** 31 + 50) | 0), nowMs + 1_000, 200 * MIB)).toBe('growth')
  })
})

describe('memory bounds', () => {
  test('follow the limit of the heap, unless they are given', () => {
    expect(memoryBounds({ maxOldGenerationSizeMb: 64 })).toEqual({
      heapBytes: 64 * MIB,
      externalBytes: 64 * MIB,
    })
    expect(memoryBounds({ maxOldGenerationSizeMb: 64, maxExternalMb: 16 })?.externalBytes).toBe(
      16 * MIB,
    )
    expect(memoryBounds({ maxExternalMb: 16 })?.externalBytes).toBe(16 * MIB)
  })

  test('are none without a limit', () => {
    expect(memoryBounds({ stackSizeMb: 4 })).toBeUndefined()
  })
})
