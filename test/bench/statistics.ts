/** What a few measurements say together. */

function sorted(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('there is nothing to take a statistic of')

  return values.toSorted((one, other) => one - other)
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const all = sorted(values)
  const high = all[Math.floor(all.length / 2)] ?? NaN
  const low = all[Math.ceil(all.length / 2) - 1] ?? NaN

  return (low + high) / 2
}

/** The rate of several runs of as many jobs together, each of which had a rate of its own. */
export function overallRate(rates: readonly number[]): number {
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0)
}

/** The smallest value that `percent` of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const all = sorted(values)

  return all[Math.max(0, Math.ceil((percent / 100) * all.length) - 1)] ?? NaN
}

/** What each additional unit costs: the slope of the line through the points, by least squares. */
export function slope(points: ReadonlyArray<readonly [x: number, y: number]>): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)

  return covariance / variance
}
