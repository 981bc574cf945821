/**
 * Looks at all nodes and queues of a schema, again and again: the database over a connection that opens
 * itself again after a loss, the nodes by asking them for their portraits.
 */
import { Connection } from '../../engine/connection.ts'
import { estimateJobs } from '../../engine/counts.ts'
import { nameOf as nameOfServer } from '../../engine/client.ts'
import { liveLeaders, lookLanes } from '../../engine/fleet.ts'
import { lookQueues, notify } from '../../engine/jobs.ts'
import { livingProducers } from '../../engine/producers.ts'
import type { Db } from '../../engine/query.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { channelName } from '../../channels.ts'
import { DatabaseUnreachableError, SchemaMissingError } from '../../database-errors.ts'
import { deferred } from '../../deferred.ts'
import { encode } from '../../notifier/encoding.ts'
import { listen } from '../../notifier/listen.ts'
import type { NodePortrait } from '../../notifier/portrait.ts'
import { signalsOf } from '../../notifier/signal.ts'
import type { QueueCommand } from '../../queue-command.ts'
import { banner } from '../../telemetry/words.ts'
import type { Address } from '../database.ts'
import { isMissing } from '../missing-tables.ts'
import { Asker, nameOf } from '../tree/asker.ts'
import { rest } from '../tree/rest.ts'
import { gatherQueues, type Lane, type QueueLook } from './gather.ts'

/** A look. */
export interface Look {
  /** Monotonic milliseconds. */
  readonly atMs: number
  /** How long the database took for next to nothing. */
  readonly latencyMs: number
  /** How long it has worked for all that was asked of it. */
  readonly databaseMs: number
  readonly leaders: readonly { readonly name: string; readonly node: string }[]
  /** Those that have answered. */
  readonly portraits: readonly NodePortrait[]
  /** Nodes whose heart beats and who have not answered. */
  readonly silent: readonly string[]
  readonly queues: readonly QueueLook[]
  /** Why no node can be heard; undefined while they can. */
  readonly deafness: string | undefined
}

/** The longest wait for the database, in milliseconds. */
const DATABASE_MS = 5_000

/** The wait for nodes that have not answered before, in milliseconds. */
const FIRST_MS = 2_000
const NEXT_MS = 500

/** Jobs of a queue in a state that are counted; more are estimated. */
const BOUND = 2_000

/** Pairs of queue and state that are looked at. */
const LANES = 1_000

/** Time between two tries to listen, in milliseconds. */
const LISTEN_AGAIN_MS = 1_000

export class Lookout {
  readonly #address: Address
  readonly #connection: Connection
  readonly #asker: Asker
  readonly #db: Db
  readonly #end = new AbortController()
  readonly #listening: Promise<void>
  /** Resolves when it is known whether nodes can be heard. */
  readonly #tried = deferred()
  #deafness: string | undefined = 'not connected yet'
  #expected: ReadonlySet<string> | undefined

  constructor(address: Address) {
    this.#address = address
    const { connect, prefix } = address
    this.#connection = new Connection({ role: 'cli', connect, timeoutMs: DATABASE_MS })
    this.#db = { client: this.#connection, prefix, named: false }
    this.#asker = new Asker(this.#db)
    this.#listening = this.#listen()
  }

  /**
   * Look once.
   *
   * @param signal - ends the wait for the answers of nodes
   * @throws {DatabaseUnreachableError} while the database is away
   * @throws {SchemaMissingError} when there is nothing to look at
   */
  look(signal: AbortSignal): Promise<Look> {
    return this.ask(() => this.#look(signal))
  }

  /**
   * Ask the database for more.
   *
   * @throws {DatabaseUnreachableError | SchemaMissingError} as `look` does
   */
  async ask<Answer>(work: (db: Db) => Promise<Answer>): Promise<Answer> {
    try {
      return await work(this.#db)
    } catch (error) {
      throw this.#explained(error)
    }
  }

  async #look(signal: AbortSignal): Promise<Look> {
    const db = this.#db
    // The first opens the connection, which is no latency.
    const living = await livingProducers(db)
    const askedAtMs = performance.now()
    const leaders = await liveLeaders(db)
    const latencyMs = performance.now() - askedAtMs
    await this.#tried.promise
    const beating = new Set(living.map(({ name, node }) => nameOf({ instance: name, node })))
    const asking = this.#asker.ask({
      node: undefined,
      expected: this.#expected ?? beating,
      waitMs: this.#expected === undefined ? FIRST_MS : NEXT_MS,
      signal,
    })
    const countedAtMs = performance.now()
    const [{ portraits }, { lanes, oldest, databaseMs }] = await Promise.all([
      asking,
      this.#depths(countedAtMs),
    ])
    const answered = new Set(portraits.map(nameOf))
    this.#expected = answered

    return {
      atMs: performance.now(),
      latencyMs,
      databaseMs,
      leaders,
      portraits,
      silent: [...beating].filter((name) => !answered.has(name)),
      queues: gatherQueues({ lanes, oldest, living, portraits }),
      deafness: this.#deafness,
    }
  }

  /** Tell nodes what they are to do; resolves when it is sent. */
  async tell(command: QueueCommand, ident: string): Promise<void> {
    const { prefix } = this.#db
    for (const { channel, message } of signalsOf(command, ident)) {
      await notify(this.#db, channelName(prefix, channel), [encode(message)])
    }
  }

  async close(): Promise<void> {
    this.#end.abort()
    this.#connection.cut()
    await Promise.all([this.#connection.close(), this.#listening])
  }

  async #depths(startedAtMs: number) {
    const lanes = await this.#lanes()
    const oldest = await this.#oldest(lanes)

    return { lanes, oldest, databaseMs: performance.now() - startedAtMs }
  }

  async #lanes(): Promise<Lane[]> {
    const lanes: Lane[] = []
    for (const { state, queue, jobs } of await lookLanes(this.#db, BOUND, LANES)) {
      const isEstimate = Number(jobs) >= BOUND
      const estimate = isEstimate ? await estimateJobs(this.#db, state, queue) : 0
      lanes.push({ state, queue, jobs: Math.max(Number(jobs), estimate), isEstimate })
    }

    return lanes
  }

  /** For how many seconds the oldest job of a queue has been due. */
  async #oldest(lanes: readonly Lane[]): Promise<Map<string, number | null>> {
    const queues = lanes.filter(({ state }) => state === 'available').map(({ queue }) => queue)
    // Counted are they already.
    const [row] = await lookQueues(this.#db, '', queues, 0)
    const rows: { queue: string; oldestAvailableSeconds: number | null }[] = JSON.parse(
      row?.queues ?? '[]',
    )

    return new Map(rows.map((each) => [each.queue, each.oldestAvailableSeconds]))
  }

  async #listen(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        await listen({
          connect: this.#address.listen,
          channels: [this.#asker.channel],
          onNotification: (_, payload) => {
            this.#asker.hear(payload)
          },
          onUp: () => {
            this.#deafness = undefined
            // Whoever could not be heard before is waited for.
            this.#expected = undefined
            this.#tried.resolve()
          },
          signal,
        })
      } catch (error) {
        // Counts go on without; what the nodes would say is missing, and why is shown.
        this.#deafness = banner(error)
        this.#tried.resolve()
      }
      await rest(LISTEN_AGAIN_MS, signal)
    }
  }

  #explained(error: unknown): unknown {
    if (isMissing(error)) return new SchemaMissingError(this.#db.prefix, { cause: error })
    if (isRefusal(error)) return error

    return new DatabaseUnreachableError(nameOfServer(this.#address.connect), { cause: error })
  }
}
