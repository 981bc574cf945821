/**
 * Judges whether a thread holds more memory than it may. V8 bounds its own heap and ends a thread that
 * outgrows it; buffers live outside of that, and would grow until the process dies.
 */
import { getHeapStatistics } from 'node:v8'
import type { ThreadLimits } from '../config/options.ts'
import type { MemorySample } from './cells.ts'
import { processMemory, type Mark, type ProcessMemory } from './process-memory.ts'
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

/** Why a thread has to end. */
type Verdict = 'growth' | 'memory' | 'ownGrowth'

/** The process when a thread went too far, as far as anybody can tell. */
interface Excess {
  readonly rssBytes: number
  readonly atMs: number
}

/** A thread that has bounds and is too busy to say what it holds. */
interface Silence {
  readonly sinceMs: number
  /** The process when its last sample was seen. */
  readonly mark: Mark
  /** How much more it may hold than it has said. */
  readonly roomBytes: number
  /** From which on growth of the process counts as its own. */
  fromBytes: number
  excuses: number
  excess: Excess | undefined
}

/** A thread that was silent for longer before it went too far grows slowly, if at all: it can wait. */
const SLOW_MS = 1_000

/** How often what a thread leaves behind is nobody's, while one is silent. */
const MOST_EXCUSES = 3

export class MemoryWatch {
  readonly #bounds: MemoryBounds | undefined
  readonly #process: ProcessMemory
  #heldBytes = Number.POSITIVE_INFINITY
  #heardAtMs: number | undefined
  /** The process when its last sample was seen. */
  #mark: Mark | undefined
  #silence: Silence | undefined

  /** @param bounds - undefined for a thread of which only the others want to know what it holds */
  constructor(bounds: MemoryBounds | undefined, process = processMemory) {
    this.#bounds = bounds
    this.#process = process
  }

  /**
   * A busy thread says nothing, but the process grows with it: by no more than V8 allows for its heap,
   * unless it fills buffers.
   *
   * @param mayPay - whether it makes a difference whose memory it is: to know that takes a while
   * @returns `memory` when the thread itself has said so, `growth` when the process says so, and
   *   `ownGrowth` when nobody else can have grown
   */
  look(sample: MemorySample, nowMs: number, mayPay: () => boolean): Verdict | undefined {
    if (this.#bounds && sample.externalBytes > this.#bounds.externalBytes) {
      this.#process.noteEnd(nowMs)

      return 'memory'
    }
    if ((((nowMs | 0) - sample.sampledAtMs) | 0) < FRESH_MS) {
      this.#hear(sample)

      return undefined
    }
    if (this.#process.fallSilent(this)) this.#silence = this.#silenceAfter(sample, nowMs)

    return this.#silence && this.#judge(this.#silence, nowMs, mayPay)
  }

  get fromBytes(): number | undefined {
    return this.#silence?.fromBytes
  }

  /** Another has left this behind. A few times only: it could hide behind those that come and go. */
  excuse(rssBytes: number): void {
    const silence = this.#silence
    if (silence === undefined || silence.excuses >= MOST_EXCUSES) return
    silence.excuses += 1
    silence.fromBytes = rssBytes
  }

  /** The thread has no jobs, or is gone. */
  rest(): void {
    this.#mark = undefined
    this.#silence = undefined
    this.#heardAtMs = undefined
    this.#process.rest(this)
  }

  #hear({ heapBytes, externalBytes, sampledAtMs }: MemorySample): void {
    if (sampledAtMs === this.#heardAtMs) return
    const heldBytes = heapBytes + externalBytes
    this.#process.speak(this, heldBytes - this.#heldBytes, sampledAtMs)
    this.#heldBytes = heldBytes
    this.#heardAtMs = sampledAtMs
    this.#silence = undefined
    // Only those that have bounds ask what the process holds.
    if (this.#bounds) this.#mark = this.#process.mark(this)
  }

  #silenceAfter({ heapBytes, externalBytes }: MemorySample, nowMs: number): Silence | undefined {
    if (this.#bounds === undefined || this.#mark === undefined) return undefined
    const { changes, rssBytes } = this.#mark

    return {
      sinceMs: nowMs,
      // Its own silence says nothing about the others.
      mark: { ...this.#mark, changes: changes === undefined ? undefined : changes + 1 },
      roomBytes:
        this.#bounds.externalBytes -
        externalBytes +
        Math.max(0, this.#bounds.heapBytes - heapBytes),
      fromBytes: rssBytes,
      excuses: 0,
      excess: undefined,
    }
  }

  #judge(silence: Silence, nowMs: number, mayPay: () => boolean): Verdict | undefined {
    const { mark, sinceMs } = silence
    const { rssBytes, toldBytes, changes } = this.#process.mark(this)
    if (!isOver(silence, this.#process.heldUntilNext(this, rssBytes))) {
      silence.excess = undefined

      return undefined
    }
    silence.excess ??= { rssBytes, atMs: nowMs }
    const mayBeKnown = mark.changes !== undefined && mark.changes === changes && mayPay()
    // It may be theirs: they are about to say so, or to fall silent.
    const isSlow = nowMs - sinceMs > SLOW_MS
    if ((mayBeKnown || isSlow) && !this.#process.haveSpokenSince(silence.excess.atMs)) {
      return undefined
    }
    if (!this.#process.takeTurn(nowMs)) return undefined
    const othersBytes = toldBytes - mark.toldBytes

    return mayBeKnown && isOver(silence, silence.excess.rssBytes - othersBytes)
      ? 'ownGrowth'
      : 'growth'
  }
}

function isOver({ fromBytes, roomBytes }: Silence, rssBytes: number): boolean {
  return rssBytes - fromBytes > roomBytes
}
