/**
 * Judges whether a thread holds more memory than it may. V8 bounds its own heap and ends a thread that
 * outgrows it; buffers live outside of that, and would grow until the process dies.
 */
import { getHeapStatistics } from 'node:v8'
import type { ThreadLimits } from '../config/options.ts'
import type { MemorySample } from './cells.ts'
import { SAMPLE_MS } from './vitals.ts'

/** Bounds of one thread, in bytes. */
export interface MemoryBounds {
  /** V8's own. */
  readonly heapBytes: number
  /** Of what lies outside of V8's heap. */
  readonly externalBytes: number
}

const MEBIBYTE = 2 ** 20

/** The bounds that follow from limits. V8 minds its own heap, as far as it was told, and nothing else. */
export function memoryBounds(limits: ThreadLimits): MemoryBounds | undefined {
  const { maxOldGenerationSizeMb: heapMb, maxExternalMb = heapMb } = limits
  if (maxExternalMb === undefined) return undefined
  const heapBytes = heapMb === undefined ? getHeapStatistics().heap_size_limit : heapMb * MEBIBYTE

  return { heapBytes, externalBytes: maxExternalMb * MEBIBYTE }
}

/** A sample that is older comes from a thread that is too busy to take another. */
const FRESH_MS = 2 * SAMPLE_MS

export class MemoryWatch {
  readonly #bounds: MemoryBounds
  /** Of the process, when the last fresh sample was seen. */
  #rssBytes = Number.POSITIVE_INFINITY

  constructor(bounds: MemoryBounds) {
    this.#bounds = bounds
  }

  /**
   * A busy thread says nothing, but the process grows with it: by no more than V8 allows for its heap,
   * unless it fills buffers.
   *
   * @param rssBytes - resident memory of the process
   * @returns `memory` when the thread itself has said so, `growth` when the process says so
   */
  look(sample: MemorySample, nowMs: number, rssBytes: number): 'growth' | 'memory' | undefined {
    const { heapBytes, externalBytes, sampledAtMs } = sample
    const bounds = this.#bounds
    if (externalBytes > bounds.externalBytes) return 'memory'
    if ((((nowMs | 0) - sampledAtMs) | 0) < FRESH_MS) {
      this.#rssBytes = rssBytes

      return undefined
    }
    const room = bounds.externalBytes - externalBytes + Math.max(0, bounds.heapBytes - heapBytes)

    return rssBytes - this.#rssBytes > room ? 'growth' : undefined
  }
}
