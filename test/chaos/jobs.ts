/** The jobs of the chaos tests, as a program that only enqueues them knows them. */
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

/** One job of each short kind. */
export function mixture(queue: string, ms: number): NewJobRequest[] {
  return [
    Plain.new({ ms }, { queue }),
    Fails.new({ ms }, { queue }),
    Snoozes.new({ ms, againMs: ms }, { queue }),
    Records.new({ ms }, { queue }),
  ]
}
