/** The schema of a queue's options: what each may be, its default, and what excludes what. */
import type { z } from 'zod'
import { textProblem } from '../job/json.ts'
import {
  bag,
  either,
  integer,
  isSound,
  oneOf,
  durationOrForever,
  record,
  trueOrFalse,
  value,
} from './values.ts'

/** The largest `integer` of PostgreSQL. */
export const MOST = 2 ** 31 - 1

/**
 * The most that nodes do because of a signal, which anybody can send who reaches the database: a thread
 * costs some megabytes.
 */
export const MOST_BY_SIGNAL = { limit: 10_000, threads: 256, queues: 1_000 } as const

/** More in memory gains nothing, and takes longer to give back. */
const MOST_PREFETCHED = 10_000

const IDLE_MS = 300_000

/** 1 to 127 characters as `char_length` of PostgreSQL counts them: code points. */
export function isName(given: string): boolean {
  // A code point has two units at most: nobody counts those of a text that is far too long.
  const isShort = given.length <= 2 * 127 && Array.from(given).length <= 127

  // As for a job: one could be put into no queue whose name is blank.
  return given.trim() !== '' && isShort && textProblem(given) === undefined
}

export const limit = integer(1, MOST)

const megabytes = value<number>((given) => Number.isFinite(given) && Number(given) > 0, {
  expected: 'a number of megabytes above 0',
}).optional()

export const resourceLimits = bag({
  maxOldGenerationSizeMb: megabytes,
  maxYoungGenerationSizeMb: megabytes,
  codeRangeSizeMb: megabytes,
  stackSizeMb: megabytes,
  maxExternalMb: megabytes,
})

/** What an inline queue has no use for: it may not be given there. */
const ofThreads = {
  threads: integer(1, MOST).optional(),
  idleTimeout: durationOrForever(1).optional(),
  recycle: bag({
    afterJobs: integer(1, MOST).default(Infinity),
    aboveMb: megabytes.default(Infinity),
  }).optional(),
  resourceLimits: resourceLimits.optional(),
}

const queueOptions = bag({
  limit,
  ...ofThreads,
  execution: oneOf('threads', 'inline').default('threads'),
  paused: trueOrFalse().default(false),
  prefetch: integer(0, MOST_PREFETCHED).default(0),
})
  .superRefine(
    (queue, context) => {
      if (queue.execution !== 'inline') return
      const message = "has no effect with execution: 'inline'; leave it out"
      for (const [key, given] of Object.entries<unknown>(queue)) {
        if (given === undefined || !Object.hasOwn(ofThreads, key)) continue
        context.addIssue({ code: 'custom', path: [key], message })
      }
    },
    { when: isSound },
  )
  .superRefine(
    ({ limit: most, threads = 1 }, context) => {
      if (threads <= most) return
      const message = `expected at most the limit of ${most}, found ${threads}`
      context.addIssue({ code: 'custom', path: ['threads'], message })
    },
    { when: isSound },
  )
  .transform(({ idleTimeout: idleTimeoutMs = IDLE_MS, threads = 1, ...queue }) => ({
    ...queue,
    threads,
    idleTimeoutMs,
    recycle: queue.recycle ?? { afterJobs: Infinity, aboveMb: Infinity },
    resourceLimits: queue.resourceLimits ?? {},
  }))

type ParsedQueue = z.output<typeof queueOptions>

/** Across the two keys it depends on how the queue is set, see `parseScale`. */
export const queueScale = bag({
  limit: limit.optional(),
  threads: integer(1, MOST).optional(),
}).refine(({ limit: most, threads }) => most !== undefined || threads !== undefined, {
  error: 'expected limit, threads or both, found neither',
  when: isSound,
})

const queueLimit = limit.transform((alone) => queueOptions.parse({ limit: alone }))

const queue = either<ParsedQueue>((given) =>
  typeof given === 'object' ? queueOptions : queueLimit,
)

export const queues = record('queue names of 1 to 127 characters', isName, queue)

/** A queue that is started at run time, with the paths of the configuration. */
export const queuesAlone = bag({ queues })

/** Why a queue could run no worker. */
export function unloadable(
  execution: 'inline' | 'threads',
  { modules, definitions }: Readonly<Record<'definitions' | 'modules', readonly unknown[]>>,
): string | undefined {
  if (execution === 'inline' || definitions.length === 0 || modules.length > 0) return undefined

  return (
    'expected modules in workers, found definitions only, which threads cannot load; ' +
    "give the URL of their module, or the queue execution: 'inline'"
  )
}
