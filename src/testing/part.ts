/** The part of args or meta that a test expects, as JSON with wildcards in it. */
import type { Problem } from '../errors.ts'
import { isJsonObject, pathTo } from '../job/json.ts'
import { shown } from '../shown.ts'
import { isWildcard } from './wildcard.ts'

/** What was read; problems, when there are any, take its place. */
export interface ReadPart {
  readonly value: unknown
  readonly problems: readonly Problem[]
}

/** Deeper ones refer back to themselves; the database holds no deeper JSON. */
const MOST_DEPTH = 1_000

/** Read a part at `path`: dates and the like become what is stored for them. */
export function readPart(path: string, part: unknown): ReadPart {
  if (!isWildcard(part) && !isJsonObject(part)) {
    const message = `must be an object that the job's contain, got ${shown(part)}`

    return { value: part, problems: [{ path, message }] }
  }
  const problems: Problem[] = []
  const value = read(path, part, { problems, depth: 0 })

  return { value, problems }
}

interface Reading {
  readonly problems: Problem[]
  readonly depth: number
}

function read(path: string, value: unknown, { problems, depth }: Reading): unknown {
  const refuse = (message: string) => {
    problems.push({ path, message })
  }
  if (isWildcard(value)) return value
  // A variable that was never set must not widen the search, nor make a refusal pass.
  if (value === undefined) return refuse('is undefined; leave it out, or give `anything`')
  if (['bigint', 'function', 'symbol'].includes(typeof value)) {
    return refuse(`is a ${typeof value}, which JSON has not`)
  }
  if (typeof value !== 'object' || value === null) return value
  if (depth > MOST_DEPTH) return refuse('is nested too deep, or refers back to itself')
  const below = { problems, depth: depth + 1 }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return read(path, value.toJSON(), below)
  }
  if (Array.isArray(value)) {
    return value.map((each, index) => read(pathTo(path, index), each, below))
  }

  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, read(pathTo(path, key), each, below)]),
  )
}
