/** Makes a job for a test that calls code of a worker by itself. */
import { storedArgs } from '../job.ts'
import { ownInMemory } from '../modes/run-here.ts'
import { OwnMeans } from '../threads/own-job.ts'
import type { ClaimedRow } from '../protocol/claimed-row.ts'
import { parseArgs } from '../worker/args.ts'
import type { AnyWorker } from '../worker/definition.ts'
import { ExecutingJob, type RunningJob } from '../worker/execution.ts'
import type { InputOf, NewParams, OutputOf } from '../worker/inference.ts'
import { type BuildOptions, buildOptions, checkTestOptions } from './claimed-job.ts'
import { claimedJob, testedWorker } from './claimed-job.ts'

/** What the jobs were made of, as the schema must not run on what it made itself. */
const rows = new WeakMap<object, ClaimedRow>()

/** The row of a job that `buildJob` made. */
export function builtRow(job: object): ClaimedRow | undefined {
  return rows.get(job)
}

/**
 * The job that `process` would be given: its arguments have been JSON and have passed the schema, it is
 * `executing`, and `updateMeta` and `complete` store nothing. Touches no database.
 *
 * @example
 * ```ts
 * const job = await buildJob(Resize, { path: 'a.png' }, { attempt: 3 })
 * job.args.width // => 80, the default of the schema
 * ```
 *
 * @throws {InvalidArgsError} when the arguments do not match the worker's schema
 * @throws {InvalidJobError | InvalidIdError} when an option has a value that no job can have
 * @throws {ConfigError} when an option does not exist
 * @throws {TestingError} when the worker is none
 * @see https://hexdocs.pm/oban/Oban.Testing.html#build_job/3
 */
export async function buildJob<W extends AnyWorker>(
  worker: W,
  ...params: NewParams<InputOf<W>, BuildOptions>
): Promise<RunningJob<OutputOf<W>>>
export async function buildJob(
  worker: AnyWorker,
  given?: unknown,
  options: BuildOptions = {},
): Promise<RunningJob<unknown>> {
  const definition = testedWorker('buildJob', worker)
  checkTestOptions('buildJob()', options, buildOptions)
  const row = await claimedJob(definition, given, options)
  const args = await parseArgs(definition, storedArgs(row))
  const { own } = ownInMemory({ isCancelled: false })

  const run = { abortCode: undefined, message: { token: 0, job: row } }
  const job = new ExecutingJob(row, args, new OwnMeans(own, run))
  rows.set(job, row)

  return job
}
