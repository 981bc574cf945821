/**
 * What this node says itself, among what it hears from others: of a queue and what of it is set, the last
 * word holds.
 *
 * Mostly that is about the signals that it has sent to all and not heard itself yet.
 *
 * A node does at once what it asks of all, and PostgreSQL tells it again a moment later: without this a
 * queue that is paused and resumed at once would be paused by the echo of the first. And as PostgreSQL
 * delivers to everybody in one order, what others asked for before the echo arrives is overruled by it
 * on every node: to do it here would leave this node set otherwise than the rest. The same goes for what
 * was heard before the echo, and is done after it because it came in a flood.
 */

/** What a signal sets: two that set the same of a queue overrule each other. */
export type Aspect = 'limit' | 'paused' | 'presence' | 'threads'

interface Sent {
  readonly text: string
  readonly queue: string
  readonly aspect: Aspect
  /** Whether its echo is sure to be heard: this node listened when it was sent. */
  readonly isSure: boolean
  readonly untilMs: number
}

/** After that an echo does not come any more: something on the way has swallowed it. */
const LONGEST_MS = 5_000

/** Words of this node that are remembered; a flood keeps no more of what came before them. */
const MOST_SAID = 1_000

const ALL = '*'

/** What a signal of another node sets, and where among all of them it was heard. */
interface Heard {
  readonly queue: string
  readonly aspect: Aspect
  readonly place: number
}

export class SentSignals {
  readonly #sent: Sent[] = []
  /** By queue and aspect, how many signals were heard before this node had its last word. */
  readonly #said = new Map<string, number>()
  #heard = 0

  /** Signals whose echo may still come. */
  get size(): number {
    return this.#sent.length
  }

  /** A signal is about to be sent; the returned function takes that back. */
  note(signal: Omit<Sent, 'untilMs'>, nowMs: number): () => void {
    const sent = { ...signal, untilMs: nowMs + LONGEST_MS }
    this.#sent.push(sent)

    return () => {
      const index = this.#sent.indexOf(sent)
      if (index >= 0) this.#sent.splice(index, 1)
    }
  }

  /**
   * Whether a message that was heard is the echo of the oldest that is awaited. Only of that one, as they
   * come in order: an equal message of another node may come before it. Those that may never come are
   * passed over.
   */
  isEcho(text: string, nowMs: number): boolean {
    this.#expire(nowMs)
    const index = this.#sent.findIndex((sent) => sent.isSure || sent.text === text)
    const sent = this.#sent[index]
    if (sent?.text !== text) return false
    this.#sent.splice(0, index + 1)
    this.say(sent.queue, sent.aspect)

    return true
  }

  /** A signal of another node is heard now. @returns its place among all of them */
  hear(): number {
    this.#heard += 1

    return this.#heard
  }

  /** This node has its word now: it holds against whatever was heard before. */
  say(queue: string, aspect: Aspect): void {
    const key = keyOf(queue, aspect)
    this.#said.delete(key)
    this.#said.set(key, this.#heard)
    if (this.#said.size <= MOST_SAID) return
    const [first] = this.#said.keys()
    if (first !== undefined) this.#said.delete(first)
  }

  /** Whether something that this node has said overrules what was heard at a place and is to be done now. */
  overrules({ queue, aspect, place }: Heard, nowMs: number): boolean {
    this.#expire(nowMs)
    const isSaidSince = [queue, ALL].some(
      (name) => (this.#said.get(keyOf(name, aspect)) ?? 0) >= place,
    )

    return (
      isSaidSince ||
      this.#sent.some(
        (sent) =>
          sent.isSure && sent.aspect === aspect && (sent.queue === queue || sent.queue === ALL),
      )
    )
  }

  /** Nothing is heard any more. */
  clear(): void {
    this.#sent.length = 0
    this.#said.clear()
  }

  #expire(nowMs: number): void {
    while (this.#sent[0] !== undefined && this.#sent[0].untilMs <= nowMs) this.#sent.shift()
  }
}

function keyOf(queue: string, aspect: Aspect): string {
  return `${aspect} ${queue}`
}

/**
 * What of a queue a signal sets.
 *
 * @throws {Error} when its action sets nothing
 */
export function aspectOf(message: { readonly action: string }): Aspect {
  switch (message.action) {
    case 'pause':
    case 'resume':
      return 'paused'
    case 'start':
    case 'stop':
      return 'presence'
    case 'scale':
      return 'threads' in message ? 'threads' : 'limit'
    default:
      throw new Error(`the action ${message.action} sets nothing of a queue`)
  }
}
