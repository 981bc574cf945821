/**
 * What an observer of a running tree is told: the inspection events of XState, with what they hold made
 * fit to be shown. Imports nothing, so that whoever publishes them does not make others need XState's
 * types.
 */
import type { Json } from './description.ts'

/** An actor as an observer sees it: it can be looked at, and not be sent to. */
export interface InspectedActor {
  /** Unique in the process: an actor that was started again is another one. */
  readonly sessionId: string
  /** Of a child: its id and how often it was started, `producer#2`. */
  readonly id?: string
  /** The one that started it, under the name that XState has for it. */
  readonly _parent?: InspectedActor | undefined
  /** The definition of a machine, for tools that draw it. */
  readonly logic?: { readonly config?: unknown }
  /** What it shows of itself now. */
  getSnapshot(): InspectedSnapshot
}

export interface InspectedSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  /** State value of a machine, phase of a process or a supervisor. */
  readonly value?: Json
  /** What the actor chose to show; of a supervisor the states of its children, by id. */
  readonly context?: Json
}

/**
 * A message, reduced to its type and those of its fields that are texts, numbers or booleans. Others
 * read `[3]`, `{…}` or as an error's text: messages carry rows, and rows the arguments of jobs.
 */
export interface InspectedMessage {
  readonly type: string
  readonly [field: string]: Json
}

interface AboutActor {
  readonly actorRef: InspectedActor
  /** The session id of the root. */
  readonly rootId: string
}

/** One thing that happened in a tree. */
export type InspectionEvent = AboutActor &
  (
    | /** An actor exists. Told again for each, parents first, to whoever begins to look. */ {
        readonly type: '@xstate.actor'
      }
    | /** A message was sent to the actor. */ {
        readonly type: '@xstate.event'
        readonly event: InspectedMessage
        readonly sourceRef: InspectedActor | undefined
      }
    | /** What it led to: at the end, at each step of a machine, and of other logic. */ {
        readonly type: '@xstate.microstep' | '@xstate.snapshot' | '@xstate.transition'
        readonly event: InspectedMessage
        readonly snapshot: InspectedSnapshot
      }
    | /** A machine is about to run an action. */ {
        readonly type: '@xstate.action'
        readonly action: { readonly type: string }
      }
  )

/** A function, or an object with one, as the inspectors of Stately are. */
export type InspectionObserver =
  | ((event: InspectionEvent) => unknown)
  | { next?(event: InspectionEvent): unknown }
