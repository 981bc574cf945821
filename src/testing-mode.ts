/** What becomes of jobs while code is tested: told by an instance, or by whoever calls it. */

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

/** Where the piece of a test that runs now is found. */
export interface TestingScopes {
  getStore(): TestingScope | undefined
}
