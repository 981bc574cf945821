/** The one place where time is read and timers are made, so that everything else takes it as an input. */
import { clearTimeout, setTimeout } from 'node:timers'

// As it is before any job runs, like the timers: one that fakes the time of its thread fakes not ours.
const monotonicNs = process.hrtime.bigint.bind(process.hrtime)

export interface Clock {
  /** The wall clock: for people and for the rows of `oban_jobs`, never for deadlines. */
  readonly now: () => Date
  /** Milliseconds that only grow, the same in every thread of the process. */
  readonly monotonicMs: () => number
  /** Call once after a delay; the returned function cancels. */
  readonly after: (
    delayMs: number,
    callback: () => void,
    options?: {
      /** Whether the process lives on until then. Default: false */
      readonly keepAlive?: boolean
    },
  ) => () => void
}

/** The longest delay of a Node.js timer, in milliseconds: a longer one fires at once. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => Number(monotonicNs() / 1_000_000n),
  after: (delayMs, callback, { keepAlive = false } = {}) => {
    const timer = setTimeout(callback, delayMs)
    if (!keepAlive) timer.unref()

    return () => {
      clearTimeout(timer)
    }
  },
}

export const { monotonicMs } = systemClock

/** The same to the microsecond, for what is measured and not waited for. */
export const preciseMs = () => Number(monotonicNs() / 1_000n) / 1_000
