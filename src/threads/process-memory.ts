/**
 * What is known of the memory of the whole process. A busy thread says nothing of its own, and what the
 * process grows by may be anybody's: it is the thread's if all the others speak, and it is not theirs.
 */

type Usage = Pick<NodeJS.MemoryUsage, 'external' | 'heapTotal' | 'rss'>

/** One of its threads, while that has jobs. */
interface Watched {
  /** What the process held when it fell silent; undefined for a thread that nobody judges. */
  readonly fromBytes: number | undefined
  /** The process holds so much for another's sake. */
  excuse(rssBytes: number): void
}

/** The process at one moment. */
export interface Mark {
  readonly rssBytes: number
  readonly toldBytes: number
  /** Undefined when another thread was silent then. */
  readonly changes: number | undefined
}

/** How long others wait for the end of a thread before one of them is ended for growth. */
const LONGEST_END_MS = 2_000

export class ProcessMemory {
  readonly #usage: () => Usage
  /** Threads with jobs that say what they hold, and when they said so last. */
  readonly #speaking = new Map<Watched, number>()
  /** Those that do not; the one that fell silent last stands last. */
  readonly #silent = new Set<Watched>()
  /** By how much those that speak have grown, ever: what they free may stay with the process. */
  #toldBytes = 0
  #mainBytes = Number.POSITIVE_INFINITY
  /** Threads that came, went, rested or fell silent: each may hold what nobody has told. */
  #changes = 0
  #turnUntilMs = Number.NEGATIVE_INFINITY

  constructor(usage: () => Usage = process.memoryUsage) {
    this.#usage = usage
  }

  /** @param watch - of the thread that is going to ask what came after */
  mark(watch: Watched): Mark {
    const { external, heapTotal, rss } = this.#usage()
    const mainBytes = heapTotal + external
    this.#toldBytes += Math.max(0, mainBytes - this.#mainBytes)
    this.#mainBytes = mainBytes
    const others = this.#silent.size - (this.#silent.has(watch) ? 1 : 0)

    return {
      rssBytes: rss,
      toldBytes: this.#toldBytes,
      changes: others > 0 ? undefined : this.#changes,
    }
  }

  /** A thread comes up, is there, or has gone. */
  change(): void {
    this.#changes += 1
  }

  /** A thread has said what it holds: so much more than before, or less. */
  speak(watch: Watched, grownBytes: number, sampledAtMs: number): void {
    this.#silent.delete(watch)
    this.#speaking.set(watch, sampledAtMs)
    this.#toldBytes += Math.max(0, grownBytes)
  }

  /** A thread says nothing any more; true when it did before. */
  fallSilent(watch: Watched): boolean {
    if (this.#silent.has(watch)) return false
    this.#speaking.delete(watch)
    this.#silent.add(watch)
    this.#changes += 1

    return true
  }

  /** A thread has nothing to run: what it held at last it does not say. */
  rest(watch: Watched): void {
    this.#speaking.delete(watch)
    this.#silent.delete(watch)
    this.#changes += 1
  }

  /** Whether all that speak have told what they held at a moment. */
  haveSpokenSince(ms: number): boolean {
    return [...this.#speaking.values()].every((sampledAtMs) => ((sampledAtMs - ms) | 0) >= 0)
  }

  /**
   * What the process held when the next thread fell silent after this one, or holds now: since then it
   * is the other that grows, as until then all was well.
   */
  heldUntilNext(watch: Watched, rssBytes: number): number {
    const silent = [...this.#silent]
    const next = silent
      .slice(silent.indexOf(watch) + 1)
      .find((each) => each.fromBytes !== undefined)

    return next?.fromBytes ?? rssBytes
  }

  /** Whether a thread may be ended now: one at a time, as with the right one gone others need not go. */
  takeTurn(nowMs: number): boolean {
    if (nowMs < this.#turnUntilMs) return false
    this.noteEnd(nowMs)

    return true
  }

  /** A thread is about to be ended for its memory. */
  noteEnd(nowMs: number): void {
    this.#turnUntilMs = nowMs + LONGEST_END_MS
  }

  /** A thread has gone that may have held much, which the process may keep: no other answers for that. */
  relieve(): void {
    this.#turnUntilMs = Number.NEGATIVE_INFINITY
    const { rss } = this.#usage()
    for (const watch of this.#silent) watch.excuse(rss)
  }
}

/** There is one process, whatever number of instances it has. */
export const processMemory = new ProcessMemory()
