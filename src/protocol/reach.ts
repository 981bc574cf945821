/** Whom this node hears, as it was told last, and how it therefore learns of jobs. It outlives the sonar. */
import type { Connectivity } from '../health.ts'

/**
 * How jobs that others made available are found: `global`, as they are announced, or `local`, by looking
 * at the database. As in Oban, a node that hears itself alone without leading takes it that the leader is
 * somewhere else, and cannot be heard.
 */
export type StagerMode = 'global' | 'local'

export class Reach {
  #connectivity: Connectivity = 'unknown'
  #mode: StagerMode = 'global'

  get connectivity(): Connectivity {
    return this.#connectivity
  }

  get mode(): StagerMode {
    return this.#mode
  }

  /** Note whom it hears; whether that has changed. */
  hear(connectivity: Connectivity): boolean {
    const hasChanged = connectivity !== this.#connectivity
    this.#connectivity = connectivity

    return hasChanged
  }

  /** Note the mode that follows; whether it has changed. */
  settle(isLeader: boolean): boolean {
    const mode = modeOf(this.#connectivity, isLeader) ?? this.#mode
    const hasChanged = mode !== this.#mode
    this.#mode = mode

    return hasChanged
  }
}

function modeOf(connectivity: Connectivity, isLeader: boolean): StagerMode | undefined {
  switch (connectivity) {
    case 'clustered':
      return 'global'
    case 'solitary':
      return isLeader ? 'global' : 'local'
    case 'isolated':
      return 'local'
    case 'unknown':
    default:
      return undefined
  }
}
