/** The nodes of a run, by their slots: when one ends, another process takes its place. */
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeOptions, NodeProcess } from './node-process.ts'
import type { Proxy } from './proxy.ts'
import { CRONS } from './queues.ts'
import type { Theatre } from './theatre.ts'

/** How long a database may be away while a node waits to start: an outage, and what came before it. */
const REPLACED_WITHIN_MS = 120_000

const AGAIN_MS = 500

interface StartOptions extends Pick<NodeOptions, 'bootMs'> {
  readonly proxy: Proxy
}

interface Member {
  readonly node: NodeProcess
  readonly proxy: Proxy
  /** Which process of its slot it is. */
  readonly turn: number
}

export class Cast {
  readonly slots: readonly [string, ...string[]]
  readonly #theatre: Theatre
  readonly #queuesOf: (slot: string) => NodeOptions['queues']
  readonly #members = new Map<string, Member>()
  readonly #busy = new Map<string, Promise<unknown>>()

  private constructor(
    theatre: Theatre,
    slots: readonly [string, ...string[]],
    queuesOf: (slot: string) => NodeOptions['queues'],
  ) {
    this.#theatre = theatre
    this.slots = slots
    this.#queuesOf = queuesOf
  }

  /** Start a node for each slot, behind a proxy of its own. */
  static async open(
    theatre: Theatre,
    slots: readonly [string, ...string[]],
    queuesOf: (slot: string) => NodeOptions['queues'],
  ): Promise<Cast> {
    const cast = new Cast(theatre, slots, queuesOf)
    await theatre.logins(slots)
    await Promise.all(
      slots.map(async (slot) => {
        await cast.#start(slot, { proxy: await theatre.proxy() }, 1)
      }),
    )

    return cast
  }

  node(slot: string): NodeProcess {
    return this.#member(slot).node
  }

  proxy(slot: string): Proxy {
    return this.#member(slot).proxy
  }

  nodes(): NodeProcess[] {
    return this.slots.map((slot) => this.node(slot))
  }

  /** One act at a time for each slot, or for the database, in the order of the calls. */
  async exclusively<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    const turn = Promise.allSettled([this.#busy.get(what)]).then(act)
    this.#busy.set(what, turn)

    return turn
  }

  /**
   * Start a process in place of one that has ended; resolves when it is ready. As whoever runs programs
   * would, it starts another where one gives up, for its database is away.
   */
  async replace(slot: string, options: Pick<NodeOptions, 'bootMs'> = {}): Promise<NodeProcess> {
    const { proxy } = this.#member(slot)
    const deadlineMs = performance.now() + REPLACED_WITHIN_MS
    for (;;) {
      try {
        return await this.#start(slot, { proxy, ...options }, this.#member(slot).turn + 1)
      } catch (error) {
        if (performance.now() > deadlineMs) throw error
        await this.node(slot).kill()
        await pause(AGAIN_MS)
      }
    }
  }

  async #start(slot: string, options: StartOptions, turn: number): Promise<NodeProcess> {
    const name = `${slot}-${turn}`
    const node = this.#theatre.launch(name, this.#queuesOf(slot), {
      ...options,
      login: slot,
      crons: CRONS,
    })
    this.#members.set(slot, { node, proxy: options.proxy, turn })
    await node.ready()

    return node
  }

  #member(slot: string): Member {
    const member = this.#members.get(slot)
    if (member === undefined) throw new Error(`no node plays ${slot}`)

    return member
  }
}
