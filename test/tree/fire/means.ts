/** The ways in which an actor of a running tree can end, and is not meant to. */
import { isMachineSnapshot, type AnyActorRef } from 'xstate'

export const MEANS = ['stopped', 'threw', 'rejected'] as const

export type Means = (typeof MEANS)[number]

/** The error that an actor ended with; one that was stopped has none. */
export class FireError extends Error {
  override readonly name = 'FireError'
}

/** A message whose handling throws: whatever the actor is, looking at the type is the first it does. */
function poison(error: Error): { readonly type: string } {
  let wasRead = false

  return {
    get type() {
      if (wasRead) return 'poison'
      wasRead = true
      throw error
    },
  }
}

/** Only machines invoke: a rejection that no state takes is their end. */
export function applies(means: Means, actor: AnyActorRef): boolean {
  return means !== 'rejected' || isMachineSnapshot(actor.getSnapshot())
}

export function strike(actor: AnyActorRef, means: Means): void {
  const error = new FireError(`${actor.id} ${means}`)
  switch (means) {
    case 'stopped':
      actor.send({ type: 'xstate.stop' })
      break
    case 'threw':
      actor.send(poison(error))
      break
    case 'rejected':
      actor.send({ type: 'xstate.error.actor.fire', actorId: 'fire', error })
      break
    default:
      means satisfies never
  }
}
