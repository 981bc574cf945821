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
  /** By job, the states in which it was seen, each with how many sightings there were by then. */
  readonly #states = new Map<number, Map<JobState, number>>()
  #count = 0
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

  /** How many there were so far: a row that was read since may be older than the next ones. */
  get count(): number {
    return this.#count
  }

  /** The states in which a job was seen, in the order of the first times, among the first `count` sightings. */
  statesOf(id: number, count = this.#count): readonly JobState[] {
    const states = [...(this.#states.get(id) ?? [])]

    return states.filter(([, nth]) => nth <= count).map(([state]) => state)
  }

  /** A look at a row is a sighting, too. */
  note(id: number, state: JobState): void {
    const states = this.#states.get(id) ?? new Map<JobState, number>()
    if (states.has(state)) return
    this.#count += 1
    this.#states.set(id, states.set(state, this.#count))
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
