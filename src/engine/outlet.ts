/** Where a node's messages leave it: as notifications of PostgreSQL, or within this process alone. */
import { channelName, replyChannel, type Channel } from '../channels.ts'
import type { Exchange } from '../exchange.ts'
import { notify, notifyChannels } from './jobs.ts'
import type { Db } from './query.ts'

export interface OutletOptions {
  readonly prefix: string
  /** In place of notifications. */
  readonly exchange: Exchange | undefined
  /** Done around everything that is sent. Default: nothing more */
  readonly around?: Around
}

/** @param channel - as others know it: one of ours, `reply` to who asked, or `many` */
type Around = (channel: string, count: number, send: () => Promise<void>) => Promise<void>

/** What is to be sent where. */
export interface Mail {
  readonly channel: Channel
  readonly payloads: readonly string[]
}

export class Outlet {
  readonly #prefix: string
  readonly exchange: Exchange | undefined
  readonly #around: Around

  constructor({ prefix, exchange, around = (_, __, send) => send() }: OutletOptions) {
    this.#prefix = prefix
    this.exchange = exchange
    this.#around = around
  }

  /** The channel for a statement that notifies by itself; null when nothing may leave the process. */
  riding(channel: Channel): string | null {
    return this.exchange ? null : channelName(this.#prefix, channel)
  }

  /**
   * What a statement would have said by itself, for those of this process; nothing otherwise. Call it
   * once the statement has committed.
   */
  echo(channel: Channel, messages: readonly object[]): void {
    const payloads = messages.map((message) => JSON.stringify(message))
    this.exchange?.publish(channelName(this.#prefix, channel), payloads)
  }

  /**
   * Send payloads, each of at most 7,999 bytes (`encode` of `notifier/encoding.ts`). They arrive in this
   * order; equal ones arrive once.
   *
   * @throws {Error} when the database does not take them
   */
  async send(db: Db, channel: Channel, payloads: readonly string[]): Promise<void> {
    await this.#publish(db, channel, channelName(this.#prefix, channel), payloads)
  }

  /**
   * Send payloads to somebody who asked, by the id of their own channel.
   *
   * @throws {Error} when the database does not take them
   */
  async reply(db: Db, asker: string, payloads: readonly string[]): Promise<void> {
    await this.#publish(db, 'reply', replyChannel(this.#prefix, asker), payloads)
  }

  /**
   * As `send`, for several channels in one statement.
   *
   * @throws {Error} when the database does not take them
   */
  async sendAll(db: Db, mails: readonly Mail[]): Promise<void> {
    const each = mails.flatMap(({ channel, payloads }) =>
      payloads.map((payload) => ({ name: channelName(this.#prefix, channel), payload })),
    )
    if (each.length === 0) return
    await this.#around('many', each.length, async () => {
      if (this.exchange) {
        for (const { name, payload } of each) this.exchange.publish(name, [payload])
      } else {
        const names = each.map(({ name }) => name)
        const payloads = each.map(({ payload }) => payload)
        await notifyChannels(db, names, payloads)
      }
    })
  }

  async #publish(
    db: Db,
    channel: string,
    name: string,
    payloads: readonly string[],
  ): Promise<void> {
    await this.#around(channel, payloads.length, async () => {
      if (this.exchange) this.exchange.publish(name, payloads)
      else await notify(db, name, [...payloads])
    })
  }
}
