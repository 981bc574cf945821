/** The jobs of the chaos tests, as a program that only enqueues them knows them. */
import type { QueueSettings } from './node-process.ts'
import { defineJob, typed, type NewJobRequest } from '../../src/index.ts'

interface Work {
  /** How long the body takes. */
  readonly ms: number
}

interface LongWork extends Work {
  /** How long it takes when it is done again. */
  readonly againMs: number
}

export const Plain = defineJob({ name: 'Chaos.Plain', args: typed<Work>() })
export const Fails = defineJob({ name: 'Chaos.Fails', args: typed<Work>() })
export const Snoozes = defineJob({ name: 'Chaos.Snoozes', args: typed<LongWork>() })
export const Records = defineJob({ name: 'Chaos.Records', args: typed<Work>() })
export const Long = defineJob({ name: 'Chaos.Long', args: typed<LongWork>() })

export const Cancels = defineJob({ name: 'Chaos.Cancels', args: typed<Work>() })
export const Discards = defineJob({ name: 'Chaos.Discards', args: typed<Work>() })

/** Workers that harm the thread they run on: `misbehaviour.js`. */
const MISBEHAVING = [
  'Exits',
  'Throws',
  'Rejects',
  'Spins',
  'Sleeps',
  'NeverSettles',
  'IgnoresSignal',
  'EatsHeap',
  'EatsBuffers',
  'Computes',
  'PostsGarbage',
  'Prints',
].map((name) => defineJob({ name: `Chaos.${name}`, args: typed<Work>() }))

/** A queue whose threads can stand them, with room for others beside them. */
export const ROUGH: QueueSettings = {
  limit: 6,
  threads: 2,
  idleTimeout: { seconds: 3 },
  resourceLimits: { maxOldGenerationSizeMb: 48, maxExternalMb: 48 },
}

/** One job of each short kind. */
export function mixture(queue: string, ms: number): NewJobRequest[] {
  return [
    Plain.new({ ms }, { queue }),
    Fails.new({ ms }, { queue }),
    Snoozes.new({ ms, againMs: ms }, { queue }),
    Records.new({ ms }, { queue }),
  ]
}

/** One job of each kind that ends with its first attempt, and not well. */
export function dropouts(queue: string, ms: number): NewJobRequest[] {
  return [Cancels.new({ ms }, { queue }), Discards.new({ ms }, { queue, maxAttempts: 1 })]
}

/**
 * A job that harms its thread: another kind at each call, in turn.
 *
 * @param queue - has to be like `ROUGH`, or memory ends the whole machine
 */
export function misbehaviour(queue: string, turn: number): NewJobRequest[] {
  const job = MISBEHAVING[turn % MISBEHAVING.length]

  return job === undefined ? [] : [job.new({ ms: 20 }, { queue })]
}
