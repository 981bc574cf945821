/** What became of jobs in this process since a watch began, as the telemetry tells it. */
import type { JobState } from '../job.ts'
import { attach } from '../telemetry/channels.ts'
import type { TelemetryEvent } from '../telemetry/events.ts'

/** An attempt that failed, of a job that ran in this process. */
export interface FailedAttempt {
  readonly id: number
  readonly worker: string
  readonly queue: string
  readonly attempt: number
  /** The message in the first line, the stack below, as it is stored with the job. */
  readonly error: string
}

type Watched = 'job.exception' | 'job.start' | 'job.stop' | 'module.failed' | 'worker.unknown'

const watched: readonly Watched[] = [
  'job.start',
  'job.stop',
  'job.exception',
  'module.failed',
  'worker.unknown',
]

const after = {
  success: 'completed',
  cancelled: 'cancelled',
  snoozed: 'scheduled',
  failure: 'retryable',
  discard: 'discarded',
} as const

export class Sightings {
  readonly #states = new Map<number, Set<JobState>>()
  readonly #active = new Set<number>()
  readonly #unknownWorkers = new Set<string>()
  readonly #failedModules = new Set<string>()
  readonly #failures: FailedAttempt[] = []
  /** Ends the watch; what was seen stays. */
  readonly stop: () => void

  constructor(instance: string) {
    this.stop = attach(watched, (event) => {
      if (event.instance === instance) this.#take(event)
    })
  }

  get failures(): readonly FailedAttempt[] {
    return [...this.#failures]
  }

  get unknownWorkers(): ReadonlySet<string> {
    return this.#unknownWorkers
  }

  get failedModules(): ReadonlySet<string> {
    return this.#failedModules
  }

  /** Jobs that did something here. */
  get active(): readonly number[] {
    return [...this.#active]
  }

  /** The states in which a job was seen, in the order of the first times. */
  statesOf(id: number): readonly JobState[] {
    return [...(this.#states.get(id) ?? [])]
  }

  /** A look at a row is a sighting, too. */
  note(id: number, state: JobState): void {
    const states = this.#states.get(id) ?? new Set()
    this.#states.set(id, states.add(state))
  }

  forget(): void {
    this.#states.clear()
    this.#active.clear()
    this.#unknownWorkers.clear()
    this.#failedModules.clear()
    this.#failures.length = 0
  }

  #take(event: TelemetryEvent<Watched>): void {
    switch (event.event) {
      case 'job.start':
        return this.#tell(event.id, 'executing')
      case 'job.stop':
        return this.#tell(event.id, after[event.state])
      case 'job.exception': {
        const { id, worker, queue, attempt, error, state } = event
        this.#failures.push({ id, worker, queue, attempt, error: error.stack ?? error.message })

        return this.#tell(id, after[state])
      }
      case 'module.failed':
        this.#failedModules.add(event.module)

        return undefined
      case 'worker.unknown':
        this.#unknownWorkers.add(event.worker)

        return undefined
      default:
        return event satisfies never
    }
  }

  #tell(id: number, state: JobState): void {
    this.#active.add(id)
    this.note(id, state)
  }
}
