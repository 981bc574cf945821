/**
 * One connection of the runtime, with one role: opened at its first query, opened again after a loss.
 *
 * A query that got no answer in time leaves a connection in an unknown state, so it is destroyed. What
 * the server still does with that query is bounded by its own `statement_timeout`.
 */
import { Socket } from 'node:net'
import { Client, escapeLiteral, type ClientConfig } from 'pg'
import { systemClock } from '../clock.ts'
import { interruptForGood, interruptUntilAnswered } from './interrupt.ts'
import { inOneMessage, isPooled } from './pooler.ts'
import { sendPrepared } from './prepared.ts'
import type { Rows, Queryable, Statement } from './query.ts'
import { isRefusal, isStale, NoAnswerError } from './refusal.ts'

export interface ConnectionOptions {
  /** Shown in `pg_stat_activity` as `oban-ts:<role>`. */
  readonly role: string
  readonly connect: ClientConfig
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number
  /** Session settings, by name. */
  readonly settings?: Readonly<Record<string, string>>
  /** How its statements are planned. Default: 'fresh' */
  readonly plans?: keyof typeof PLANS
}

/**
 * A plan that was cached while the table was empty scans all of it for each claimed row, until somebody
 * analyses it.
 */
const PLANS = {
  /** Anew each time, which costs some tenths of a millisecond and knows the size of the table. */
  fresh: { plan_cache_mode: 'force_custom_plan' },
  /**
   * Once, from what indexes find in the order in which it is wanted, whatever the statistics say then. Only
   * for a statement that has such a plan on an empty table too, and so many runs that planning them shows.
   */
  indexed: {
    plan_cache_mode: 'force_generic_plan',
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    enable_sort: 'off',
    enable_incremental_sort: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
    // What was switched off is avoided by a cost of billions, which would have such a plan compiled.
    jit: 'off',
  },
} as const

/**
 * Whatever the database's default is: who has waited for a lock must see what its holder committed, or a
 * producer is removed beside the job that it has just claimed, and nobody rescues that one.
 */
const ISOLATION = 'read committed'

interface Session {
  readonly client: Client
  readonly socket: Socket
  /** Resolves when settings stand. */
  readonly ready: Promise<void>
  /** Whether settings go with each statement; undefined until that is known. */
  mode: 'own' | 'pooled' | undefined
  /** Resolves when the query sent last has been answered, or refused. */
  last: Promise<unknown>
  /** Queries that have not been answered. */
  open: number
  /** Whether the server works on a query. */
  isAsking: boolean
}

export class Connection implements Queryable {
  readonly #options: ConnectionOptions
  #session: Session | undefined
  #closing: Promise<void> | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /**
   * Send a query; concurrent ones are answered in order. One whose signal aborts is ended on the server,
   * and the connection serves the next.
   *
   * @throws {DatabaseError} when PostgreSQL refuses it
   * @throws {Error} when no connection can be had, or no answer came in time
   */
  async query(statement: Statement): Promise<Rows> {
    if (this.#closing) throw new Error(`the ${this.#options.role} connection was closed`)
    this.#session ??= this.#open()
    const session = this.#session
    // At once where the connection is free: what its caller does next in this turn would hold it up.
    const isFree = session.open === 0 && session.mode !== undefined
    // `pg` takes one query at a time. Those that wait behind a connection that is lost fail with it.
    session.open += 1
    const answer = isFree
      ? this.#send(session, statement)
      : Promise.all([session.ready, session.last]).then(() => this.#sendNext(session, statement))
    session.last = Promise.allSettled([answer])
    try {
      return await answer
    } catch (error) {
      const wasLeftOut = statement.signal?.aborted === true && error === statement.signal.reason
      const isUseless = isStale(error) || !(isRefusal(error) || wasLeftOut)
      if (isUseless) this.#destroy(session)
      throw error
    } finally {
      session.open -= 1
    }
  }

  /** Its session, for as long as it lasts: what was begun on one must not go on on the next. */
  hold(): Queryable {
    this.#session ??= this.#open()
    const held = this.#session

    return {
      query: (statement) =>
        this.#session === held ? this.query(statement) : Promise.reject(this.#loss()),
    }
  }

  /** What waited its turn has not been sent where its turn comes too late: `pg` would not say why. */
  async #sendNext(session: Session, statement: Statement): Promise<Rows> {
    if (session.socket.destroyed) throw this.#loss()

    return this.#send(session, statement)
  }

  #loss(): Error {
    return new Error(`the ${this.#options.role} connection was lost`)
  }

  async #send(session: Session, statement: Statement): Promise<Rows> {
    const { timeoutMs } = this.#options
    if (session.mode === 'own') return ask(session, statement, timeoutMs)
    const { signal, ...config } = statement
    const message = inOneMessage(config, {
      ...this.#settings(),
      transaction_isolation: ISOLATION,
    })
    const results: unknown = await ask(
      session,
      { ...message, ...(signal && { signal }) },
      timeoutMs,
    )
    const last: Rows = Array.isArray(results) ? results.at(-1) : results

    return last
  }

  /** Close the connection for good. All callers share one promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close()

    return this.#closing
  }

  /**
   * Close it for good without a farewell: what waits for an answer fails at once. That the server ends it
   * too is what `close()` waits for then, two seconds at most.
   */
  cut(): void {
    const session = this.#session
    this.#closing ??= session === undefined ? Promise.resolve() : endStatement(session)
    if (session) this.#destroy(session)
  }

  async #close(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    this.#session = undefined
    const statementEnded = endStatement(session)
    const ended = session.client.end()
    // A peer that is gone would never answer the farewell.
    session.socket.destroySoon()
    await Promise.all([ended, statementEnded])
  }

  #open(): Session {
    const { role, connect, timeoutMs } = this.#options
    const socket = new Socket()
    const client = new Client({
      ...connect,
      stream: () => socket,
      application_name: `oban-ts:${role}`,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      // The options may be those of the user's pool. There the driver takes no statement of ours.
      pipeline: false,
      // It keeps what was answered in memory until the next full collection of garbage.
      query_timeout: 0,
    })
    // `pg` never answers a `connect()` that an `end()` came after.
    const begun = Promise.race([this.#begin(client, socket), closed(client)])
    const session: Session = {
      client,
      socket,
      last: Promise.resolve(),
      mode: undefined,
      open: 0,
      isAsking: false,
      ready: noted(begun, (mode) => {
        session.mode = mode
      }),
    }
    // A loss while idle shows at the next query; unheard, the event would end the process.
    client.on('error', () => {
      this.#destroy(session)
    })
    // A server that starts up, or has no place left, refuses us now and not for ever.
    session.ready.catch(() => {
      this.#destroy(session)
    })

    return session
  }

  async #begin(client: Client, socket: Socket): Promise<'pooled' | 'own'> {
    await client.connect()
    // A pooler lets one in though it has no connection to the server to lend.
    const answered = giveUpAfter(this.#options.timeoutMs, socket)
    try {
      // What others find set when it is their turn could cost them a commit (synchronous_commit).
      if (await isPooled(client)) return 'pooled'
      await client.query(this.#setting())

      return 'own'
    } finally {
      answered()
    }
  }

  /** The statements that set what stands for the session. */
  #setting(): string {
    const all = {
      ...this.#settings(),
      ...PLANS[this.#options.plans ?? 'fresh'],
      default_transaction_isolation: ISOLATION,
    }

    return Object.entries(all)
      .map(([name, value]) => `SET ${name} = ${escapeLiteral(value)}`)
      .join('; ')
  }

  #settings(): Record<string, string> {
    const { timeoutMs, settings } = this.#options

    return { statement_timeout: `${timeoutMs}ms`, DateStyle: 'ISO', ...settings }
  }

  #destroy(session: Session): void {
    if (this.#session === session) this.#session = undefined
    session.socket.destroy()
  }
}

async function ask(
  session: Session,
  { signal, ...config }: Statement,
  timeoutMs: number,
): Promise<Rows> {
  signal?.throwIfAborted()
  const { client, socket } = session
  let endInterrupts: (() => Promise<void>) | undefined
  const onAbort = () => {
    endInterrupts = interruptUntilAnswered(client)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  const answered = giveUpAfter(timeoutMs, socket)
  session.isAsking = true
  try {
    const { name, text, values = [], rowMode } = config
    if (name === undefined) return await client.query(config)

    return { rows: await sendPrepared(client, { name, text, values, rowMode }) }
  } finally {
    answered()
    session.isAsking = false
    signal?.removeEventListener('abort', onAbort)
    await endInterrupts?.()
  }
}

async function noted<Value>(promise: Promise<Value>, note: (value: Value) => void): Promise<void> {
  note(await promise)
}

/** Give a connection up unless the server answers in time; the returned function says that it did. */
function giveUpAfter(timeoutMs: number, socket: Socket): () => void {
  return systemClock.after(timeoutMs, () => {
    socket.destroy(new NoAnswerError(timeoutMs))
  })
}

/** Nobody waits for its answer any more: neither shall locks that it waits for or holds. */
function endStatement({ client, isAsking }: Session): Promise<void> {
  return isAsking ? interruptForGood(client) : Promise.resolve()
}

/** Rejects when the connection is gone, for whatever reason. */
function closed(client: Client): Promise<never> {
  return new Promise((_, reject) => {
    client.once('end', () => {
      reject(new Error('the connection was closed'))
    })
  })
}
