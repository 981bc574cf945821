/** What becomes of jobs while code is tested: told by an instance, or by whoever calls it. */
import type { QueryClient } from './job/query-client.ts'

export const testingModes = ['inline', 'manual', 'disabled'] as const

/**
 * `inline`: a job runs in the call that enqueues it, and is stored nowhere. `manual`: it is stored, and
 * nothing runs it. `disabled`: as in production.
 */
export type TestingMode = (typeof testingModes)[number]

/** What holds for a piece of a test, in place of what the instances in it say. */
export interface TestingScope {
  readonly mode: TestingMode
  /** Whether `enqueue` of an inline job tells of a failure by the job, rather than throwing it. */
  readonly isSafe: boolean
}

/** What `reset()` of `oban-ts/testing` needs of an instance, and nobody else gets at. */
export interface TestingAccess {
  readonly name: string
  readonly prefix: string
  /** Whether its queues may be at work. */
  readonly isRunning: () => boolean
  /** A way to its database; undefined when it has none, and needs none. */
  readonly client: () => Promise<QueryClient | undefined>
  /** Forget the jobs that ran in the mode `inline`. */
  readonly forget: () => Promise<void>
}

/** Where the piece of a test that runs now is found. */
export interface TestingScopes {
  getStore(): TestingScope | undefined
}
