/** Whether memory grows: a line through what was seen after the warm-up. */

export interface Point {
  readonly atMs: number
  readonly mb: number
}

export interface Growth {
  /** Mean of what was seen after the warm-up. */
  readonly meanMb: number
  /** What the line through it rises by, from its first point to its last. */
  readonly grownMb: number
  readonly perMinuteMb: number
}

/** Fewer, and one of them that is high makes a slope. */
const LEAST_POINTS = 5

/** Share of the points that are left out: pools fill, code is compiled. */
const WARM_UP = 1 / 3

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

/** Undefined where there is too little to tell from. */
export function growthOf(points: readonly Point[]): Growth | undefined {
  const seen = points.slice(Math.floor(points.length * WARM_UP))
  if (seen.length < LEAST_POINTS) return undefined
  const [meanMs, meanMb] = [mean(seen.map(({ atMs }) => atMs)), mean(seen.map(({ mb }) => mb))]
  const spread = seen.reduce((sum, { atMs }) => sum + (atMs - meanMs) ** 2, 0)
  const common = seen.reduce((sum, { atMs, mb }) => sum + (atMs - meanMs) * (mb - meanMb), 0)
  const perMs = spread === 0 ? 0 : common / spread
  const spanMs = (seen.at(-1)?.atMs ?? 0) - (seen[0]?.atMs ?? 0)

  return {
    meanMb: tenths(meanMb),
    grownMb: tenths(perMs * spanMs),
    perMinuteMb: tenths(perMs * 60_000),
  }
}
