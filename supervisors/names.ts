/**
 * Actors by name. A name stays when a supervisor restarts its actor, a ref does not: so the name is
 * looked up at each send, and nobody keeps a ref.
 */
import type { System } from './clock.ts'

/** Anything that takes messages. */
interface Addressee<Message> {
  send(message: Message): void
}

/** The messages that an actor of this type understands. */
export type MessageOf<Ref> = Ref extends Addressee<infer Message> ? Message : never

/** Hears of a message whose receiver is not there, for example because it is restarting. */
export type DeadLetter<Names> = <Name extends keyof Names & string>(
  name: Name,
  message: MessageOf<Names[Name]>,
) => void

export interface NameBook<Names> {
  /** The actor that has the name now, if any. Use it at once, do not keep it. */
  readonly whereis: <Name extends keyof Names & string>(
    system: System,
    name: Name,
  ) => Names[Name] | undefined
  /** Send to whoever has the name now; false when nobody has, then it is a dead letter. */
  readonly tell: <Name extends keyof Names & string>(
    system: System,
    name: Name,
    message: MessageOf<Names[Name]>,
  ) => boolean
}

/**
 * Make typed access to the named actors of a system.
 *
 * @example
 * ```ts
 * interface Names { notifier: NotifierRef; [queue: `queue/${string}`]: QueueRef }
 * const { tell } = createNames<Names>((name, message) => console.warn(name, message.type))
 * tell(system, 'queue/mail', { type: 'pause' })
 * ```
 *
 * @param deadLetter - XState would drop such a message silently; so nothing here has a default
 */
export function createNames<Names extends object>(deadLetter: DeadLetter<Names>): NameBook<Names> {
  return {
    whereis: (system, name) => system.get(name),

    tell(system, name, message) {
      const addressee: Addressee<typeof message> | undefined = system.get(name)
      if (addressee) addressee.send(message)
      else deadLetter(name, message)

      return addressee !== undefined
    },
  }
}
