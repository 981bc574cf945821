/** A page of jobs: what callers ask for, and where the next page begins. */
import { createHash } from 'node:crypto'
import type { Problem } from '../errors.ts'
import type { Job } from '../job.ts'
import { InvalidFilterError } from '../management-errors.ts'
import { shown } from '../shown.ts'
import type { ClientOption } from './enqueuer.ts'
import {
  checkedFilter,
  filterProblems,
  readFilter,
  type CheckedFilter,
  type JobFilter,
} from './filter.ts'
import { isJsonObject } from './json.ts'

export interface ListOptions extends JobFilter {
  /** Jobs in a page, 1 to 1,000. Default: 50 */
  readonly limit?: number | undefined
  /** By id, and so by the time of their insertion. Default: 'newest' */
  readonly order?: 'newest' | 'oldest' | undefined
  /** `next` of the page before, asked for with the same filter and order. */
  readonly after?: string | undefined
}

export interface JobPage {
  readonly jobs: Job[]
  /** What to pass as `after` for the next page; undefined when there is none. */
  readonly next: string | undefined
}

/** A page that was asked for, checked. */
export interface Listing {
  readonly filter: CheckedFilter
  readonly limit: number
  readonly order: 'newest' | 'oldest'
  /** The last id of the page before. */
  readonly after: number | undefined
}

const ORDERS: readonly string[] = ['newest', 'oldest']

const MOST = 1_000
const USUAL = 50

/** Ties a cursor to its search: with another filter it would skip jobs without a word. */
function checksum(filter: CheckedFilter, order: Listing['order'], id: number): string {
  const text = JSON.stringify([filter, order, id])

  return createHash('sha256').update(text).digest('base64url').slice(0, 8)
}

/** Where the page after this one begins. */
export function cursorAfter({ filter, order }: Listing, id: number): string {
  return `${id.toString(36)}.${checksum(filter, order, id)}`
}

function readCursor(
  cursor: unknown,
  filter: CheckedFilter,
  order: Listing['order'],
): number | undefined {
  if (typeof cursor !== 'string' || cursor.length > 40) return undefined
  const [text = '', sum] = cursor.split('.')
  const id = Number.parseInt(text, 36)

  return Number.isSafeInteger(id) && checksum(filter, order, id) === sum ? id : undefined
}

/**
 * Check what a page was asked for with.
 *
 * @throws {InvalidFilterError} with all that is wrong
 */
export function parseListing(options: ClientOption & ListOptions): Listing {
  return readFilter(() => readListing(options))
}

function readListing(options: ClientOption & ListOptions): Listing {
  const given: unknown = options
  // What can hold no condition would otherwise list every job.
  if (!isJsonObject(given)) {
    throw new InvalidFilterError([{ path: '', message: `must be a filter, got ${shown(given)}` }])
  }
  const { limit = USUAL, order = 'newest', after, client: _, ...filter } = options
  const problems: Problem[] = filterProblems(filter, ['limit', 'order', 'after'])
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
    const message = `must be an integer from 1 to ${MOST}, got ${shown(limit)}`
    problems.push({ path: 'limit', message })
  }
  if (!ORDERS.includes(order)) {
    problems.push({ path: 'order', message: `must be 'newest' or 'oldest', got ${shown(order)}` })
  }
  if (problems.length > 0) throw new InvalidFilterError(problems)
  const checked = checkedFilter(filter)
  const id = after === undefined ? undefined : readCursor(after, checked, order)
  if (after !== undefined && id === undefined) {
    const message = 'is not a cursor of this search; pass `next` of a page with the same filter'
    throw new InvalidFilterError([{ path: 'after', message }])
  }

  return { filter: checked, limit, order, after: id }
}
