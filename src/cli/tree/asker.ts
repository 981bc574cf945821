/** Asks the nodes that share a schema for their portraits, on a connection of its own. */
import type { Client } from 'pg'
import { systemClock } from '../../clock.ts'
import { channelName, replyChannel } from '../../channels.ts'
import { notify } from '../../engine/jobs.ts'
import { quoteIdentifier, type Db } from '../../engine/query.ts'
import { Answers, type PortraitRequest } from '../../notifier/answers.ts'
import { newReplyId } from '../../notifier/reply-id.ts'
import type { NodePortrait } from '../../notifier/portrait.ts'
import { rest } from './rest.ts'

/** Those who answered, and whether anything can be heard at all. */
export interface Asked {
  readonly portraits: readonly NodePortrait[]
  /** What we said to ourselves came back. It does not through a pooler in transaction mode. */
  readonly isHearing: boolean
  /** Answers, and other payloads on our channel, that could not be read. */
  readonly unreadable: number
}

export interface AskOptions {
  /** Ask this node only. */
  readonly node?: string | undefined
  /** Those who should answer, as `nameOf` has them: once they all have, nobody is waited for. */
  readonly expected: ReadonlySet<string>
  /** Longest wait, in milliseconds. */
  readonly waitMs: number
  /** Ends the wait. */
  readonly signal: AbortSignal
}

/** How long nodes have to answer, in milliseconds. */
export const ANSWER_MS = 2_000

/** Said to ourselves. */
const ECHO = 'echo'

/** How long to wait for nodes that nobody expected, after the last that was expected. */
const STRAGGLERS_MS = 60

/** Portraits of one question; more are somebody's joke. */
const MOST_NODES = 1_000

/** An instance on a node. Two instances of one process may have the same node. */
export function nameOf({ instance, node }: Pick<NodePortrait, 'instance' | 'node'>): string {
  return `${instance} on ${node}`
}

interface Question {
  readonly portraits: Map<string, NodePortrait>
  isHearing: boolean
  /** Look whether all that is waited for is there. */
  readonly check: () => void
}

export class Asker {
  readonly #db: Db
  readonly #reply = newReplyId()
  readonly #answers = new Answers()
  #question: Question | undefined

  /** @param db - where it speaks; what is said on its channel is handed to `hear` */
  constructor(db: Db) {
    this.#db = db
  }

  /** Speak and listen on one connection, which is ended by the caller. */
  static async on(client: Client, prefix: string): Promise<Asker> {
    const asker = new Asker({ client, prefix, named: false })
    client.on('notification', ({ payload = '' }) => {
      asker.hear(payload)
    })
    await client.query({ text: `LISTEN ${quoteIdentifier(asker.channel)}` })

    return asker
  }

  /** Where the answers come. */
  get channel(): string {
    return replyChannel(this.#db.prefix, this.#reply)
  }

  /** Ask once, and gather the answers. */
  async ask({ node, expected, waitMs, signal }: AskOptions): Promise<Asked> {
    const { prefix } = this.#db
    const portraits = new Map<string, NodePortrait>()
    const isComplete = (): boolean =>
      node === undefined
        ? expected.size > 0 && [...expected].every((name) => portraits.has(name))
        : portraits.size > 0
    const over = new AbortController()
    let cancel: (() => void) | undefined
    const check = (): void => {
      if (!isComplete()) return
      const laterMs = node === undefined ? STRAGGLERS_MS : 0
      cancel ??= systemClock.after(laterMs, () => {
        over.abort()
      })
    }
    const question: Question = { portraits, isHearing: false, check }
    this.#question = question
    const { ignored } = this.#answers
    const request: PortraitRequest = {
      action: 'portrait',
      reply: this.#reply,
      ...(node !== undefined && { node }),
    }
    await notify(this.#db, channelName(prefix, 'ts'), [JSON.stringify(request)])
    await notify(this.#db, replyChannel(prefix, this.#reply), [ECHO])
    await rest(waitMs, AbortSignal.any([signal, over.signal]))
    cancel?.()

    return {
      portraits: sorted(portraits),
      isHearing: question.isHearing,
      unreadable: this.#answers.ignored - ignored,
    }
  }

  /** Take in what came on the channel. */
  hear(payload: string): void {
    if (this.#question === undefined) return
    const { portraits, check } = this.#question
    if (payload === ECHO) {
      this.#question.isHearing = true

      return
    }
    const portrait = this.#answers.take(payload)
    if (portrait === undefined || portraits.size >= MOST_NODES) return
    portraits.set(nameOf(portrait), portrait)
    check()
  }
}

function sorted(portraits: ReadonlyMap<string, NodePortrait>): NodePortrait[] {
  const names = [...portraits].toSorted(([a], [b]) => a.localeCompare(b))

  return names.map(([, portrait]) => portrait)
}
