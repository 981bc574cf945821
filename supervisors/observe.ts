/**
 * Looking at a tree while it runs. What observers get are views: an actor that cannot be sent to,
 * snapshots that are plain JSON, messages without what they carry.
 */
import type { ActorRefLike, AnyActorRef, InspectionEvent as RawEvent, Snapshot } from 'xstate'
import type { Json } from './description.ts'
import { describeSnapshot, isSupervisor, textOf } from './describe.ts'
import { inspect } from './inspect.ts'
import type {
  InspectedActor,
  InspectedMessage,
  InspectedSnapshot,
  InspectionEvent,
  InspectionObserver,
} from './inspection.ts'

/**
 * Tell an observer what happens in the tree of a root, beginning with the actors that exist. One that
 * throws, or whose promise rejects, is not told anything more.
 *
 * It is called inside of what it is told about, so it must be quick. While nobody observes it costs
 * nothing; each event costs the views that it is made of.
 *
 * @param onFailed - hears what the observer threw; must not throw itself
 * @returns a function that ends the observation; harmless when called again
 */
export function observe(
  root: AnyActorRef,
  observer: InspectionObserver,
  onFailed: (error: unknown) => void,
): () => void {
  let isOver = false
  const fail = (error: unknown): void => {
    if (isOver) return
    end()
    onFailed(error)
  }
  const tell = (raw: RawEvent): void => {
    if (isOver) return
    const event = shown(raw)
    const result = typeof observer === 'function' ? observer(event) : observer.next?.(event)
    if (result instanceof Promise) result.catch(fail)
  }
  const unsubscribe = inspect(root.system, tell, fail)
  const end = (): void => {
    isOver = true
    unsubscribe()
  }
  try {
    for (const actorRef of family(root)) {
      tell({ type: '@xstate.actor', actorRef, rootId: root.sessionId })
    }
  } catch (error) {
    fail(error)
  }

  return end
}

/** An actor and all below it, parents first: a tool cannot draw a child whose parent it does not know. */
function family(actor: AnyActorRef): AnyActorRef[] {
  return [actor, ...childrenOf(actor.getSnapshot()).flatMap(family)]
}

function childrenOf(snapshot: Snapshot<unknown>): AnyActorRef[] {
  if (isSupervisor(snapshot)) {
    return [...snapshot.core.slots.values()].flatMap(({ run }) => run?.ref ?? [])
  }

  return 'children' in snapshot && isRecord(snapshot.children)
    ? Object.values(snapshot.children).filter(isActor)
    : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isActor(value: unknown): value is AnyActorRef {
  return isRecord(value) && 'sessionId' in value && 'getSnapshot' in value
}

/** One for each actor, so that observers can tell them apart by identity. */
const views = new WeakMap<ActorRefLike, ActorView>()

class ActorView implements InspectedActor {
  readonly sessionId: string
  readonly id: string
  // Hidden: whoever has an actor can send to it, and its snapshot holds what it works with.
  readonly #actor: ActorRefLike

  constructor(actor: ActorRefLike) {
    this.#actor = actor
    this.sessionId = actor.sessionId
    this.id = 'id' in actor && typeof actor.id === 'string' ? actor.id : actor.sessionId
  }

  get _parent(): InspectedActor | undefined {
    if (!('_parent' in this.#actor)) return undefined
    const { _parent: parent } = this.#actor

    return isActor(parent) ? viewOf(parent) : undefined
  }

  get logic(): { readonly config?: unknown } {
    const logic = 'logic' in this.#actor ? this.#actor.logic : undefined

    return isRecord(logic) && 'config' in logic ? { config: logic['config'] } : {}
  }

  getSnapshot(): InspectedSnapshot {
    return snapshotView(this.#actor.getSnapshot())
  }
}

function viewOf(actor: ActorRefLike): ActorView {
  const known = views.get(actor)
  if (known !== undefined) return known
  const view = new ActorView(actor)
  views.set(actor, view)

  return view
}

/** @param snapshot - undefined of an actor that is being made */
function snapshotView(snapshot: Snapshot<unknown> | undefined): InspectedSnapshot {
  if (snapshot === undefined) return { status: 'active' }
  const { status } = snapshot
  if (!isSupervisor(snapshot)) return { status, ...describeSnapshot(snapshot) }
  const { core, phase } = snapshot
  const children = [...core.slots.values()].map(({ spec, state }) => [spec.id, state] as const)

  return { status, value: phase, context: Object.fromEntries(children) }
}

function fieldView(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Error) return textOf(value)

  return Array.isArray(value) ? `[${value.length}]` : '{…}'
}

function messageView(message: { readonly type: string }): InspectedMessage {
  const fields = Object.entries(message).map(([name, value]) => [name, fieldView(value)] as const)

  return { ...Object.fromEntries(fields), type: message.type }
}

function shown(raw: RawEvent): InspectionEvent {
  const about = { actorRef: viewOf(raw.actorRef), rootId: raw.rootId }
  switch (raw.type) {
    case '@xstate.actor':
      return { ...about, type: raw.type }
    case '@xstate.event': {
      const sourceRef = raw.sourceRef && viewOf(raw.sourceRef)

      return { ...about, type: raw.type, event: messageView(raw.event), sourceRef }
    }
    case '@xstate.action':
      return { ...about, type: raw.type, action: { type: raw.action.type } }
    case '@xstate.microstep':
    case '@xstate.snapshot':
    case '@xstate.transition':
    default: {
      const snapshot = snapshotView(raw.snapshot)

      return { ...about, type: raw.type, event: messageView(raw.event), snapshot }
    }
  }
}
