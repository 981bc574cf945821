import type { PrivateServer } from '../../support/server.ts'
import type { Cast } from '../cast.ts'
import type { Breakable, Step } from '../schedule.ts'
import type { Theatre } from '../theatre.ts'

/** What a fault hits: one node, the connections of one role on all nodes, or what all share. */
export type Aim = 'database' | 'node' | 'role'

/** Where faults take place. */
export interface Stage {
  readonly server: PrivateServer
  readonly theatre: Theatre
  readonly cast: Cast
  /** Something is wrong that no history shows. */
  readonly complain: (what: string) => void
}

/** Something that can be broken on purpose. */
export interface FaultKind extends Breakable {
  /**
   * Break it and repair it. Resolves when nodes can work again, to the name of the node that it hit if
   * not all could feel it.
   */
  readonly strike: (stage: Stage, step: Step) => Promise<string | void>
}
