/** What a place in a pool needs: its threads' options, and the rules by which they come and go. */
import type PQueue from 'p-queue'
import type { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { MemoryBounds } from './memory-watch.ts'
import type { ThreadPool } from './pool.ts'
import type { ModuleFailure } from './protocol.ts'
import type { ThreadExit, ThreadOptions } from './thread.ts'

/** What the slot itself hears from its threads. */
type Heard = 'onExit' | 'onReady' | 'onSettled' | 'onStarted' | 'onTainted'

export interface SlotInput {
  readonly pool: ThreadPool
  readonly clock: Clock
  /** Deadlines, of the whole instance: each is set for a run, a thread or a slot. */
  readonly alarms: Alarms
  /** Threads come up a few at a time: each costs a core for a while. */
  readonly boots: PQueue
  readonly thread: Omit<ThreadOptions, Heard>
  /** How long a thread may take to come up, in milliseconds; others wait for its turn to end. */
  readonly bootMs: number
  /** A module did not load; the thread works with the others. */
  readonly onFailure: (failure: ModuleFailure) => void
  /** How long a thread may have nothing to do before it ends, in milliseconds, or Infinity. */
  readonly idleMs: number
  /** After how many jobs, and beyond how much memory, a thread is replaced; Infinity for never. */
  readonly recycle: { readonly jobs: number; readonly bytes: number }
  /** Bounds beyond which a thread is ended; undefined without. */
  readonly memory: MemoryBounds | undefined
  readonly onExit: (exit: ThreadExit) => void
}
