/** What is wrong with a node now, and since when: noted by whoever notices, taken back by them too. */

export interface Fault {
  readonly since: Date
  /** The first line of what was thrown last. */
  readonly reason: string
}

export type FaultyPart = 'database' | 'notifier'

export class Faults {
  readonly #faults = new Map<FaultyPart, Fault>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  get(part: FaultyPart): Fault | undefined {
    return this.#faults.get(part)
  }

  /** Something does not work; for how long it has not is kept. */
  note(part: FaultyPart, error: unknown): void {
    const since = this.#faults.get(part)?.since ?? this.#now()
    this.#faults.set(part, { since, reason: reasonOf(error) })
  }

  clear(part: FaultyPart): void {
    this.#faults.delete(part)
  }
}

/** A refused connection to a host with several addresses has no message, only a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message === '' && 'code' in error) return String(error.code)

  return error.message.split('\n', 1)[0] ?? ''
}
