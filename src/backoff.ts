/** How long a failed job waits before its next attempt. All times are in seconds. */

/** A source of numbers in [0, 1), as `Math.random`. */
export type Random = () => number

export interface ExponentialOptions {
  /** Factor of the power of two. Default: 1 */
  readonly mult?: number
  /** Attempts after which the wait grows no further. Default: 10 */
  readonly maxPower?: number
  /** Seconds added to each wait. Default: 0 */
  readonly minPad?: number
}

export interface JitterOptions {
  /** Longer, shorter, or either. Default: both */
  readonly mode?: 'both' | 'dec' | 'inc'
  /** Largest share of the value that is added or taken. Default: 0.1 */
  readonly mult?: number
}

/**
 * Seconds that double with each attempt: `minPad + mult * 2 ** min(attempt, maxPower)`.
 *
 * @example
 * ```ts
 * exponential(3, { mult: 2, minPad: 15 }) // => 31
 * ```
 *
 * @see https://hexdocs.pm/oban/Oban.Backoff.html#exponential/2
 */
export function exponential(attempt: number, options: ExponentialOptions = {}): number {
  const { mult = 1, maxPower = 10, minPad = 0 } = options

  return minPad + mult * 2 ** Math.min(attempt, maxPower)
}

/**
 * Move a value by a random share of it, so that jobs that failed together do not return together.
 *
 * @example
 * ```ts
 * jitter(100, { mode: 'inc' }) // => 100 to 109
 * ```
 *
 * @see https://hexdocs.pm/oban/Oban.Backoff.html#jitter/2
 */
export function jitter(
  value: number,
  options: JitterOptions = {},
  random: Random = Math.random,
): number {
  const { mode = 'both', mult = 0.1 } = options
  const draw = random()
  const difference = Math.trunc(draw * mult * value)

  // One draw decides both size and sign, as in Elixir.
  return mode === 'inc' || (mode === 'both' && draw >= 0.5)
    ? value + difference
    : value - difference
}

/** Attempts that Oban's formula is made for; more are scaled down to this range. */
const scale = 20

/**
 * The wait of a worker without a `backoff` of its own: 17 s after the first attempt, 12 days after
 * the twentieth, plus up to 10 %.
 *
 * `job.attempt` is the attempt that has just failed, 1 for the first.
 *
 * @see https://hexdocs.pm/oban/Oban.Worker.html#module-customizing-backoff
 */
export function defaultBackoff(
  job: { readonly attempt: number; readonly maxAttempts: number },
  random: Random = Math.random,
): number {
  const power =
    job.maxAttempts <= scale ? job.attempt : Math.round((job.attempt / job.maxAttempts) * scale)

  return jitter(exponential(power, { maxPower: 100, minPad: 15 }), { mode: 'inc' }, random)
}
