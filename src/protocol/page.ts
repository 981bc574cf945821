/**
 * How many rows a statement takes at once: half as many after one that took too long, and twice as many
 * again later, as what made it slow may have passed.
 */

/** A statement that takes too long with so few rows will not do better with fewer. */
const LEAST = 100

export function smallerPage(limit: number): number {
  return Math.max(Math.min(LEAST, limit), Math.floor(limit / 2))
}

/** @param most - the size that was configured */
export function largerPage(limit: number, most: number): number {
  return Math.min(most, limit * 2)
}
