/**
 * What a supervisor understands. Users send `sup.shutdown`; the control functions and the
 * supervisor itself send the rest.
 */
import type { AnyActorRef } from 'xstate'
import type { Call, Run, Slot } from './core.ts'
import type { ChildSpec } from './spec.ts'

/** Asks a child, or a root, to end by itself. Sent by the supervisor above, or by the application. */
export interface ShutdownMessage {
  readonly type: 'sup.shutdown'
  /** Handed down to every child. Default: `'shutdown'`. */
  readonly reason?: string
}

/** How an incarnation ended. `stopped`: it was stopped from outside. */
export type Exit =
  | { readonly status: 'done' | 'stopped' }
  | { readonly status: 'error'; readonly error: unknown }

/** Sent by `startChild`, `restartChild`, `deleteChild`, `terminateChild`. */
export type ControlMessage =
  | {
      readonly type: 'sup.start_child'
      readonly spec: ChildSpec
      readonly call: Call<AnyActorRef>
    }
  | { readonly type: 'sup.restart_child'; readonly id: string; readonly call: Call<AnyActorRef> }
  | {
      readonly type: 'sup.delete_child' | 'sup.terminate_child'
      readonly id: string
      readonly call: Call<void>
    }

/** Sent by the supervisor to itself: what it observed of its children, and its timers. */
export type OwnMessage =
  | { readonly type: 'sup.ready'; readonly run: Run }
  | { readonly type: 'sup.exit'; readonly run: Run; readonly exit: Exit }
  | { readonly type: 'sup.start_timeout'; readonly run: Run }
  | { readonly type: 'sup.stop_timeout'; readonly runs: ReadonlySet<Run> }
  | { readonly type: 'sup.retry'; readonly slot: Slot }
  | { readonly type: 'sup.wait_over' }

/** Sent by XState when the supervisor is stopped from above. */
interface StopMessage {
  readonly type: 'xstate.stop'
}

export type SupervisorMessage = ControlMessage | OwnMessage | ShutdownMessage | StopMessage
