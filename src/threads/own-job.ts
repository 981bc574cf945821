/** What a body does to the row of its own job. */
import { checkClient } from '../adapters/refusal.ts'
import { InvalidJobError } from '../errors.ts'
import { checkOptions } from '../job/call-options.ts'
import { copyAsJson, isJsonObject, type JsonObject } from '../job/json.ts'
import type { QueryClient } from '../job/query-client.ts'
import { parseTextArray } from '../job/text-array.ts'
import { JobLostError } from '../job-errors.ts'
import { JobLockedError } from '../management-errors.ts'
import type { Claim } from '../protocol/patches.ts'
import { shown } from '../shown.ts'
import { sqlStateOf } from '../sql-state.ts'
import { encodeRecorded } from '../term.ts'
import type { CompleteOptions, RunMeans } from '../worker/execution.ts'
import type { JobMessage } from './protocol.ts'
import type { Task } from './task.ts'

/** The way of an executor to the database and to whoever compares rows. */
export interface OwnRow {
  /** Merge into meta; whether the claim still held. */
  readonly patch: (claim: Claim, patch: JsonObject) => Promise<boolean>
  /** Resolves when it is known that the run may complete its job by itself. */
  readonly completing: (token: number) => Promise<void>
  /** Complete through a client; whether the claim still held. */
  readonly complete: (
    client: QueryClient,
    claim: Claim,
    patch: JsonObject | null,
  ) => Promise<boolean>
}

/** The run whose row it is. */
export type OwnTask = Pick<Task, 'abortCode' | 'message'>

/** Most bytes of one patch as JSON: meta is read with every fetch. */
const MOST_BYTES = 64 * 1024

function claimOf({ job }: JobMessage): Claim {
  const [, uuid = ''] = parseTextArray(job.attempted_by)

  return { id: job.id, attempt: Number(job.attempt), uuid, attempted_at: job.attempted_at }
}

function checkedPatch(worker: string, patch: unknown): JsonObject {
  const copy = copyAsJson(patch, 'meta')
  if ('problem' in copy) throw new InvalidJobError(worker, [copy.problem])
  const { value } = copy
  const refuse = (message: string) => new InvalidJobError(worker, [{ path: 'meta', message }])
  if (!isJsonObject(value)) throw refuse(`must be an object, got ${shown(patch)}`)
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (bytes > MOST_BYTES) throw refuse(`has ${bytes} bytes as JSON; at most ${MOST_BYTES} fit`)

  return value
}

/** What a body can do, by the way of its executor. */
export class OwnMeans implements RunMeans {
  readonly #row: OwnRow
  readonly #task: OwnTask

  constructor(row: OwnRow, task: OwnTask) {
    this.#row = row
    this.#task = task
  }

  wasCancelled(): boolean {
    return this.#task.abortCode === 'OBAN_CANCELLED'
  }

  async updateMeta(patch: JsonObject): Promise<boolean> {
    const { message } = this.#task
    const checked = checkedPatch(message.job.worker, patch)
    try {
      return await this.#row.patch(claimOf(message), checked)
    } catch (error) {
      if (sqlStateOf(error) !== '55P03') throw error
      throw new JobLockedError(Number(message.job.id), { cause: error })
    }
  }

  async complete(options: CompleteOptions): Promise<void> {
    checkOptions(options, ['client', 'recorded'])
    const { client, recorded } = options
    checkClient(client)
    const patch =
      recorded === undefined ? null : { recorded: true, return: encodeRecorded(recorded) }
    const { message } = this.#task
    // Before the row can be seen completed, or the comparison would take the run for a lost one.
    await this.#row.completing(message.token)
    const isOurs = await this.#row.complete(client, claimOf(message), patch)
    if (!isOurs) throw new JobLostError(Number(message.job.id))
  }
}
