import { describe, expect, test } from 'vitest'
import type { MemorySample } from '../../src/threads/cells.ts'
import { memoryBounds, MemoryWatch } from '../../src/threads/memory-watch.ts'
import { ProcessMemory } from '../../src/threads/process-memory.ts'

const MIB = 2 ** 20
const bounds = { heapBytes: 100 * MIB, externalBytes: 50 * MIB }

const sample = (sampledAtMs: number, externalMib = 10, heapMib = 40) => ({
  heapBytes: heapMib * MIB,
  externalBytes: externalMib * MIB,
  sampledAtMs,
})

/** A process with so much memory, and a watch over a thread of it for each call. */
function startProcess(rssMib = 300) {
  const usage = { rss: rssMib * MIB, heapTotal: 50 * MIB, external: 0 }
  const memory = new ProcessMemory(() => usage)
  const watchOf = (isSuspect = false) => {
    const watch = new MemoryWatch(bounds, memory)

    return {
      look: (at: MemorySample, nowMs: number) => watch.look(at, nowMs, () => isSuspect),
      rest: () => watch.rest(),
    }
  }

  return {
    memory,
    watchOf,
    grow: (mib: number) => {
      usage.rss += mib * MIB
    },
    growHeap: (mib: number) => {
      usage.heapTotal += mib * MIB
    },
  }
}

describe('memory watch', () => {
  test('believes what the thread says', () => {
    const watch = startProcess().watchOf()

    expect(watch.look(sample(0, 50), 0)).toBeUndefined()
    expect(watch.look(sample(0, 51), 0)).toBe('memory')
  })

  test('asks the process when the thread says nothing', () => {
    const { grow, watchOf } = startProcess()
    const watch = watchOf()
    watch.look(sample(0), 100)
    // 40 MiB of buffers and 60 of heap are within the bounds.
    grow(100)
    expect(watch.look(sample(0), 1_000)).toBeUndefined()

    grow(1)
    expect(watch.look(sample(0), 1_250)).toBe('growth')
  })

  test('counts growth from the last time that the thread spoke', () => {
    const { grow, watchOf } = startProcess()
    const watch = watchOf()
    watch.look(sample(0), 100)
    grow(200)
    watch.look(sample(500), 600)
    grow(50)

    expect(watch.look(sample(500), 2_000)).toBeUndefined()
  })

  test('judges nothing before the thread has spoken', () => {
    const { grow, watchOf } = startProcess()
    grow(600)

    expect(watchOf().look(sample(0), 10_000)).toBeUndefined()
  })

  test('forgets what was before a rest', () => {
    const { grow, watchOf } = startProcess()
    const watch = watchOf()
    watch.look(sample(0), 0)
    watch.rest()
    grow(600)

    expect(watch.look(sample(0), 10_000)).toBeUndefined()
  })

  test('works beyond the range of the cells', () => {
    const { grow, watchOf } = startProcess()
    const watch = watchOf()
    const nowMs = 2 ** 31 + 100
    expect(watch.look(sample((2 ** 31 + 50) | 0), nowMs)).toBeUndefined()
    grow(200)

    expect(watch.look(sample((2 ** 31 + 50) | 0), nowMs + 1_000)).toBe('growth')
  })
})

describe('of a thread that may have to pay, memory watch', () => {
  test('says that it was its own when nobody else can have grown', () => {
    const { grow, watchOf } = startProcess()
    const watch = watchOf(true)
    watch.look(sample(0), 0)
    grow(101)

    expect(watch.look(sample(0), 600)).toBe('ownGrowth')
  })

  test('says nothing of it when another is silent too, or was meanwhile', () => {
    const { grow, watchOf } = startProcess()
    const [watch, before, meanwhile] = [watchOf(true), watchOf(), watchOf()]
    before.look(sample(0), 0)
    before.look(sample(0), 600)
    watch.look(sample(600), 600)
    grow(101)
    expect(watch.look(sample(600), 1_200)).toBe('growth')

    before.rest()
    const late = watchOf(true)
    late.look(sample(3_000), 3_000)
    meanwhile.look(sample(2_900), 3_000)
    meanwhile.look(sample(2_900), 3_500)
    meanwhile.look(sample(3_500), 3_510)
    grow(101)
    expect(late.look(sample(3_000), 3_600)).toBe('growth')
  })

  test('says nothing of it when a thread came or went', () => {
    const { grow, memory, watchOf } = startProcess()
    const watch = watchOf(true)
    watch.look(sample(0), 0)
    memory.change()
    grow(101)

    expect(watch.look(sample(0), 600)).toBe('growth')
  })

  test('waits for what the others have to say, and leaves that out', () => {
    const { grow, watchOf } = startProcess()
    const [watch, other] = [watchOf(true), watchOf()]
    other.look(sample(0), 0)
    watch.look(sample(0), 0)
    grow(101)
    other.look(sample(400), 500)
    expect(watch.look(sample(0), 600)).toBeUndefined()

    other.look(sample(650, 40), 700)
    expect(watch.look(sample(0), 850)).toBe('growth')
  })

  test('holds against it what is more than what the others have grown by', () => {
    const { grow, growHeap, watchOf } = startProcess()
    const [watch, other] = [watchOf(true), watchOf()]
    other.look(sample(0), 0)
    watch.look(sample(0), 0)
    grow(141)
    growHeap(20)
    other.look(sample(600, 30), 600)

    expect(watch.look(sample(0), 600)).toBe('ownGrowth')
  })
})

describe('of several threads that may be to blame, memory watch', () => {
  test('holds against each what came before the next fell silent', () => {
    const { grow, watchOf } = startProcess()
    const [first, second] = [watchOf(), watchOf()]
    first.look(sample(0), 0)
    first.look(sample(0), 600)
    grow(60)
    second.look(sample(1_000), 1_000)
    second.look(sample(1_000), 1_600)
    grow(60)
    expect(second.look(sample(1_000), 2_000)).toBeUndefined()
    expect(first.look(sample(0), 2_000)).toBeUndefined()

    grow(41)
    expect(first.look(sample(0), 2_500)).toBeUndefined()
    expect(second.look(sample(1_000), 2_500)).toBe('growth')
  })

  test('ends the one that fell silent last, and then those that still grow', () => {
    const { grow, memory, watchOf } = startProcess()
    const [computing, eating] = [watchOf(), watchOf()]
    computing.look(sample(0), 0)
    computing.look(sample(0), 600)
    eating.look(sample(2_000), 2_000)
    grow(150)
    // It has done no harm for long: the other is about to speak, or to fall silent.
    expect(computing.look(sample(0), 2_400)).toBeUndefined()
    expect(eating.look(sample(2_000), 2_600)).toBe('growth')
    expect(computing.look(sample(0), 2_650)).toBeUndefined()

    eating.rest()
    memory.relieve()
    expect(computing.look(sample(0), 2_900)).toBeUndefined()
    grow(101)
    expect(computing.look(sample(0), 3_150)).toBe('growth')
  })

  test('waits two seconds for one that cannot be ended', () => {
    const { grow, watchOf } = startProcess()
    const [first, second] = [watchOf(), watchOf()]
    for (const watch of [first, second]) watch.look(sample(0), 0)
    grow(101)
    expect(first.look(sample(0), 600)).toBe('growth')
    first.rest()
    expect(second.look(sample(0), 2_500)).toBeUndefined()

    expect(second.look(sample(0), 2_700)).toBe('growth')
  })

  test('excuses a thread three times while it is silent, in which it might grow too', () => {
    const { grow, memory, watchOf } = startProcess()
    const watch = watchOf()
    watch.look(sample(0), 0)
    for (const nowMs of [600, 850, 1_100]) {
      expect(watch.look(sample(0), nowMs)).toBeUndefined()
      grow(150)
      memory.relieve()
    }
    expect(watch.look(sample(0), 2_000)).toBeUndefined()
    grow(150)
    memory.relieve()

    expect(watch.look(sample(0), 2_250)).toBe('growth')
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
