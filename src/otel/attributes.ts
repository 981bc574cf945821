/**
 * What spans and metrics say of jobs, by the names of the messaging conventions where they have one. Jobs
 * are messages, queues their destinations. Arguments of jobs are never told.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
import type { Attributes } from '@opentelemetry/api'
import type { Sending } from '../instruments.ts'
import type { JobRow } from '../job.ts'
import { parseTextArray } from '../job/text-array.ts'
import type { Outcome } from '../protocol/outcome.ts'

export const SYSTEM = 'messaging.system'
export const OPERATION_NAME = 'messaging.operation.name'
export const OPERATION_TYPE = 'messaging.operation.type'
export const DESTINATION = 'messaging.destination.name'
export const MESSAGE_ID = 'messaging.message.id'
const BATCH_COUNT = 'messaging.batch.message_count'
export const ERROR_TYPE = 'error.type'
export const INSTANCE = 'oban.instance'
export const NODE = 'oban.node'
export const WORKER = 'oban.job.worker'
export const OUTCOME = 'oban.job.outcome'
export const CONFLICT = 'oban.job.conflict'

/** How an attempt ended, in the words of the events `job.stop` and `job.exception`. */
export type OutcomeWord =
  | 'cancelled'
  | 'discard'
  | 'failure'
  | 'interrupted'
  | 'snoozed'
  | 'success'

/** The words of outcomes that do not depend on the attempt. */
const WORDS = {
  completed: 'success',
  cancelled: 'cancelled',
  snoozed: 'snoozed',
  interrupted: 'interrupted',
  unknown: 'interrupted',
} as const satisfies Record<Exclude<Outcome['kind'], 'failed'>, OutcomeWord>

/** @param wasCancelled - of a job that was cancelled while it ran its body has not failed */
export function outcomeWord(
  row: Pick<JobRow, 'attempt' | 'max_attempts'>,
  { kind }: Outcome,
  wasCancelled: boolean,
): OutcomeWord {
  if (kind !== 'failed') return WORDS[kind]
  if (wasCancelled) return 'cancelled'

  return Number(row.attempt) >= Number(row.max_attempts) ? 'discard' : 'failure'
}

function common(instance: string): Attributes {
  return { [SYSTEM]: 'oban', [INSTANCE]: instance }
}

/** The one value that all of them have. */
function shared(values: readonly string[]): string | undefined {
  const [first] = values

  return values.every((value) => value === first) ? first : undefined
}

/** Of what is enqueued: in a batch only what all of its jobs have. */
export function enqueueAttributes({ instance, jobs, isBatch }: Sending): Attributes {
  const queue = shared(jobs.map((job) => job.queue))
  const worker = shared(jobs.map((job) => job.worker))

  return {
    ...common(instance),
    [OPERATION_NAME]: 'enqueue',
    [OPERATION_TYPE]: 'send',
    ...(queue !== undefined && { [DESTINATION]: queue }),
    ...(worker !== undefined && { [WORKER]: worker }),
    ...(isBatch && { [BATCH_COUNT]: jobs.length }),
  }
}

/** Of one attempt. */
export function processAttributes(instance: string, row: JobRow): Attributes {
  const tags = parseTextArray(row.tags)
  const [node] = parseTextArray(row.attempted_by)

  return {
    ...common(instance),
    [OPERATION_NAME]: 'process',
    [OPERATION_TYPE]: 'process',
    [DESTINATION]: row.queue,
    [MESSAGE_ID]: row.id,
    [WORKER]: row.worker,
    'oban.job.attempt': Number(row.attempt),
    'oban.job.max_attempts': Number(row.max_attempts),
    'oban.job.priority': Number(row.priority),
    ...(tags.length > 0 && { 'oban.job.tags': tags }),
    ...(node !== undefined && { [NODE]: node }),
  }
}

/** The convention: the operation, and what it is done to. */
export function spanName(attributes: Attributes): string {
  return [attributes[OPERATION_NAME], attributes[DESTINATION]].filter(Boolean).join(' ')
}
