/** A job of a test as a queue would have claimed it, made without a database. */
import { randomInt } from 'node:crypto'
import { ConfigError, InvalidJobError } from '../errors.ts'
import { systemClock } from '../clock.ts'
import { objectOf } from '../job/call-options.ts'
import { unknownKeyProblems } from '../job/fields.ts'
import { checkedId } from '../job/id.ts'
import type { Instant } from '../job/instant.ts'
import type { JsonObject } from '../job/json.ts'
import { buildNewJob } from '../job/new-job.ts'
import { claimedRow } from '../modes/row-of-run.ts'
import type { ClaimedRow } from '../protocol/claimed-row.ts'
import { findWorker } from '../registry.ts'
import { shown } from '../shown.ts'
import { TestingError } from '../testing-error.ts'
import { validateArgs } from '../worker/args.ts'
import { definitionOf, isWorker, type AnyWorker } from '../worker/definition.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import type { QueueName } from '../worker/register.ts'

/** What a job is to be like that is made for a test. */
export interface BuildOptions {
  /** Which attempt it is, from 1 to `maxAttempts`. Default: 1 */
  readonly attempt?: number | undefined
  /** A whole number from 1. Default: one by chance */
  readonly id?: number | undefined
  /** Default: that of the worker */
  readonly maxAttempts?: number | undefined
  /** Default: {} */
  readonly meta?: JsonObject | undefined
  /** Default: that of the worker */
  readonly priority?: number | undefined
  /** Default: that of the worker */
  readonly queue?: QueueName | undefined
  /** When it was due. Default: now */
  readonly scheduledAt?: Instant | undefined
  /** Default: those of the worker */
  readonly tags?: readonly string[] | undefined
}

export const buildOptions = [
  'attempt',
  'id',
  'maxAttempts',
  'meta',
  'priority',
  'queue',
  'scheduledAt',
  'tags',
] satisfies (keyof BuildOptions)[]

/** @throws {ConfigError} when they are no object, or have a member that is no option of the function */
export function checkTestOptions(caller: string, options: unknown, known: readonly string[]): void {
  const problems = unknownKeyProblems(objectOf(options), known)
  if (problems.length === 0) return
  throw new ConfigError(
    problems.map(({ message, ...problem }) => ({
      ...problem,
      message: `${message} of ${caller}, which has ${known.join(', ')}`,
    })),
  )
}

/** The node that tests run on. */
const NODE = 'testing'

/** Ids of jobs by chance are below: short enough to read. */
const HIGHEST_ID = 1_000_000_000

/**
 * The worker of a test, with the code that this process knows for it.
 *
 * @throws {TestingError} when it is none
 */
export function testedWorker(caller: string, worker: AnyWorker): WorkerDefinition {
  const given: unknown = worker
  if (isWorker(given)) return { ...definitionOf(given), process: processOf(given) }
  const hint = typeof given === 'string' ? ': import it, as its name is not enough' : ''
  throw new TestingError(
    `${caller}() needs a worker that defineWorker() made, got ${shown(given)}${hint}`,
  )
}

/** That of a job definition stands in another module, and is known by the name. */
function processOf(worker: AnyWorker): WorkerDefinition['process'] {
  const { name, process } = definitionOf(worker)

  return process ?? findWorker(name)?.process
}

/**
 * Check what is asked for, and make the row that a claim would answer.
 *
 * @throws {InvalidArgsError} when the arguments do not match the schema
 * @throws {InvalidJobError | InvalidIdError} when a queue could have no such job
 */
export async function claimedJob(
  definition: WorkerDefinition,
  given: unknown,
  { attempt = 1, id = randomInt(1, HIGHEST_ID), ...options }: BuildOptions,
): Promise<ClaimedRow> {
  const { name: worker } = definition
  const args = await validateArgs(definition, given ?? {})
  const job = buildNewJob({ worker, args, options, definition }, args)
  if (!(Number.isInteger(attempt) && attempt >= 1 && attempt <= job.maxAttempts)) {
    const message = `must be an integer from 1 to maxAttempts (${job.maxAttempts}), got ${shown(attempt)}`
    throw new InvalidJobError(worker, [{ path: 'attempt', message }])
  }
  const { scheduledAt } = job
  const now = systemClock.now()

  return claimedRow(job, { id: checkedId(id), attempt, node: NODE, now, scheduledAt })
}
