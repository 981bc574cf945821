/**
 * Looks again and again until something is there. This process tells what it does, so that a look follows
 * at once; what others do is found by looks that grow rarer.
 */
import type { Clock } from '../clock.ts'
import { attach } from '../telemetry/channels.ts'

const FIRST_MS = 10
const RAREST_MS = 250

type Timers = Pick<Clock, 'after' | 'monotonicMs'>

export interface Looks<Found> {
  readonly clock: Timers
  /** The name of the instance whose doings are worth a look. */
  readonly instance: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Undefined to look again. */
  readonly look: () => Promise<Found | undefined>
}

/** A pause that ends early when something is told. */
class Pause {
  readonly #clock: Timers
  /** Ends the pause under way. */
  #end: (() => void) | undefined
  /** What was told while nobody paused. */
  #unheard = 0

  constructor(clock: Timers) {
    this.#clock = clock
  }

  readonly tell = (): void => {
    this.#unheard += 1
    this.#end?.()
  }

  /** What is told from now on is not in the look that begins. */
  listen(): void {
    this.#unheard = 0
  }

  async rest(longestMs: number): Promise<void> {
    // Not at once: what happens all the time would be looked at all the time.
    const ms = this.#unheard > 0 ? Math.min(FIRST_MS, longestMs) : longestMs
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve, { keepAlive: true })
      this.#end = () => {
        cancel()
        resolve()
      }
    })
    this.#end = undefined
  }
}

/**
 * @returns undefined when nothing was there in time; there is at least one look, and a last one at the end
 * @throws the reason of the signal
 */
export async function untilFound<Found>({
  clock,
  instance,
  timeoutMs,
  signal,
  look,
}: Looks<Found>): Promise<Found | undefined> {
  const deadlineMs = clock.monotonicMs() + timeoutMs
  const pause = new Pause(clock)
  const detach = attach('all', (event) => {
    if (event.instance === instance) pause.tell()
  })
  signal?.addEventListener('abort', pause.tell)
  try {
    for (let delayMs = FIRST_MS; ; delayMs = Math.min(delayMs * 2, RAREST_MS)) {
      signal?.throwIfAborted()
      pause.listen()
      const restMs = deadlineMs - clock.monotonicMs()
      const found = await look()
      if (found !== undefined || restMs <= 0) return found
      await pause.rest(Math.min(delayMs, restMs))
    }
  } finally {
    detach()
    signal?.removeEventListener('abort', pause.tell)
  }
}
