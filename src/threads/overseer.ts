/** Makes jobs keep to their time, end when they are asked to, and threads keep to their memory. */
import type { Run } from '../protocol/tenure.ts'
import type { Ending } from './blame.ts'
import { MemoryWatch } from './memory-watch.ts'
import type { StartedMessage } from './protocol.ts'
import type { SlotInput } from './slot-input.ts'
import type { Thread } from './thread.ts'
import { SAMPLE_MS } from './vitals.ts'

/** How long a job that is to end has for it, in milliseconds, before its thread is replaced. */
export const GRACE_MS = 1_000

/**
 * Looks at a thread that stands still with code of a job that has ended, before it is ended: 5 s. They
 * are counted, as a process that was suspended finds much time gone at once.
 */
const MOST_LOOKS = 5_000 / SAMPLE_MS

export interface OverseerOptions {
  /** The thread that has a run, if any. */
  readonly threadOf: (run: Run) => Thread | undefined
  /** The thread has to be replaced; one that cannot be spoken to is being ended already. */
  readonly onOffence: (thread: Thread, ending: Ending) => void
}

/** Looks at a thread, while it has jobs. */
interface Watch {
  readonly look: () => Ending | undefined
  readonly memory: MemoryWatch
}

export class Overseer {
  readonly #input: Pick<SlotInput, 'alarms' | 'clock' | 'memory'>
  readonly #options: OverseerOptions
  readonly #watches = new Map<Thread, Watch>()
  /** For as long as each thread lives: what it holds more is more than when it last had jobs. */
  readonly #memories = new WeakMap<Thread, MemoryWatch>()

  constructor(input: Pick<SlotInput, 'alarms' | 'clock' | 'memory'>, options: OverseerOptions) {
    this.#input = input
    this.#options = options
  }

  /** A run with a timeout starts. */
  watchClock(run: Run, { startedAtMs, timeoutMs }: StartedMessage): void {
    const { alarms, clock } = this.#input
    // It may have been asked to end in the meantime.
    if (alarms.has(run)) return
    alarms.set(run, startedAtMs + timeoutMs - clock.monotonicMs(), () => {
      this.#options.threadOf(run)?.timeOut(run, timeoutMs)
      this.insist(run)
    })
  }

  /** A run was asked to end: make sure that it does. */
  insist(run: Run): void {
    this.#input.alarms.set(run, GRACE_MS, () => {
      const thread = this.#options.threadOf(run)
      if (thread?.isDeafTo(run)) this.#endNow(thread, 'blocked')
      else if (thread) this.#options.onOffence(thread, 'ignored')
    })
  }

  /** A thread was given jobs: look at it as long as it has any. */
  attend(thread: Thread): void {
    if (this.#watches.has(thread)) return
    const { alarms } = this.#input
    const memory = this.#memories.get(thread) ?? new MemoryWatch(this.#input.memory)
    this.#memories.set(thread, memory)
    const watch = { look: this.#watchOver(thread, memory), memory }
    this.#watches.set(thread, watch)
    const look = (): void => {
      // Without jobs it takes no samples, and the process grows by others.
      const ending = thread.load > 0 ? watch.look() : undefined
      if (ending) this.#endNow(thread, ending)
      else if (thread.load > 0) alarms.set(watch, SAMPLE_MS, look)
      else this.forget(thread)
    }
    alarms.set(watch, SAMPLE_MS, look)
  }

  /** What says, asked again and again, whether the thread has to end. */
  #watchOver(thread: Thread, memory: MemoryWatch): () => Ending | undefined {
    const { clock } = this.#input
    let seenAtMs: number | undefined
    let looks = 0

    return () => {
      const sample = thread.memory
      looks = sample.sampledAtMs === seenAtMs && thread.isHaunted ? looks + 1 : 0
      seenAtMs = sample.sampledAtMs
      // Nobody else would end it: no job that it has is at work, so that none has to have a timeout.
      if (looks >= MOST_LOOKS) return 'blocked'

      return memory.look(sample, clock.monotonicMs(), () => thread.isOnTrial)
    }
  }

  /** It has no jobs, or is gone, or as good as gone. */
  forget(thread: Thread): void {
    const watch = this.#watches.get(thread)
    if (watch === undefined) return
    this.#input.alarms.clear(watch)
    watch.memory.rest()
    this.#watches.delete(thread)
  }

  #endNow(thread: Thread, ending: Ending): void {
    void thread.terminate(ending)
    this.forget(thread)
    this.#options.onOffence(thread, ending)
  }
}
