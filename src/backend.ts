/** What an instance needs to enqueue and manage jobs. Loaded, and connected, when first needed. */
import type { ClientConfig, Pool } from 'pg'
import { replyChannel } from './channels.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { DatabaseStore } from './engine/database-store.ts'
import { Outlet } from './engine/outlet.ts'
import { outlive } from './engine/outlive.ts'
import { addressOf, connectionOf, listenerOf, openPool } from './engine/reach.ts'
import { ConfigError, StoppedError } from './errors.ts'
import { exchangeAt } from './exchange.ts'
import type { QueryClient } from './job/query-client.ts'
import { Announcer } from './notifier/announcer.ts'
import { encode } from './notifier/encoding.ts'
import { signalsOf } from './notifier/signal.ts'
import { ANY, identOf, type QueueCommand, type Scope } from './queue-command.ts'
import { newReplyId } from './notifier/reply-id.ts'
import { encodeWish, parseEnding } from './notifier/endings.ts'
import { listenHere } from './notifier/listen-here.ts'
import { listen } from './notifier/listen.ts'
import { Waiter } from './notifier/waiter.ts'
import { emit } from './telemetry/channels.ts'
import { spanOf } from './telemetry/span.ts'

const notifySpan = spanOf('notifier.notify')

export interface Backend {
  /** How the runtime opens connections of its own. */
  readonly connect: ClientConfig
  /** The same for the one that listens. */
  readonly listen: ClientConfig
  /** For statements of no transaction. */
  readonly client: QueryClient
  readonly store: DatabaseStore
  readonly outlet: Outlet
  /** Tell other nodes what they are to do; resolves when it is sent. */
  signal(command: QueueCommand, scope: Scope): Promise<void>
  readonly waiter: Waiter
  /** Send what is to be announced, and close what was opened here. */
  close(): Promise<void>
}

export interface BackendInput {
  readonly config: Config
  readonly clock: Clock
  /** Jobs were committed that may run at once. */
  readonly onAvailable: (queues: ReadonlySet<string>) => void
}

interface Source {
  readonly connect: ClientConfig
  readonly pool: Pool
  readonly close: () => Promise<void>
}

/**
 * @throws {ConfigError} when the configuration names no database
 * @throws {EmbeddedError} when an embedded server cannot be started
 */
export async function openBackend(input: BackendInput): Promise<Backend> {
  const { config, clock, onAvailable } = input
  const { connect, pool, close } = await openSource(config)
  const isOwn = config.database?.kind !== 'pool'
  const origin = { instance: config.name, node: config.node }
  const announcer = new Announcer({
    clock,
    send: (queues) => store.announce(queues),
    onFailed: (error) => {
      emit('query.failed', { ...origin, source: 'announcer', error })
    },
  })
  const { notifier, prefix } = config
  const outlet = new Outlet({
    prefix,
    exchange: notifier === 'isolated' ? exchangeAt(addressOf(connect, prefix)) : undefined,
    around: (channel, count, send) =>
      notifySpan.isHeard
        ? notifySpan.around({ ...origin, channel, count }, send, () => ({}))
        : send(),
  })
  const store = new DatabaseStore({
    pool,
    isOwn,
    prefix,
    clock,
    outlet,
    onAvailable: (queues) => {
      onAvailable(queues)
      announcer.announce(queues)
    },
  })

  const opened = { listen: listenerOf(config.database) ?? connect, store, outlet }
  const waiter = openWaiter(input, opened)

  return {
    connect,
    client: pool,
    ...opened,
    signal: async (command, scope) => {
      const ident = scope.kind === 'node' ? identOf({ ...config, node: scope.node }) : ANY
      for (const { channel, message } of signalsOf(command, ident)) {
        await store.publish(channel, [encode(message)])
      }
    },
    waiter,
    close: async () => {
      waiter.close(new StoppedError(config.name))
      // A pool of ours that ends serves nobody any more. The user's goes on without us.
      if (isOwn) await store.settled()
      await announcer.flush()
      await close()
    },
  }
}

/** Waits for jobs through a store, on a channel that nobody else listens to. */
function openWaiter(
  { config, clock }: BackendInput,
  { listen: heard, store, outlet }: Pick<Backend, 'listen' | 'outlet' | 'store'>,
): Waiter {
  const reply = newReplyId()

  return new Waiter({
    clock,
    look: (ids) => store.jobs.look(ids),
    announce: (ids) => store.publish('ts', encodeWish(reply, ids)),
    listen: ({ onEnded, onUp, signal }) => {
      const { exchange } = outlet
      const options = {
        channels: [replyChannel(config.prefix, reply)],
        onNotification: (_: string, payload: string) => {
          onEnded(parseEnding(payload))
        },
        onUp,
        signal,
      }

      return exchange
        ? listenHere({ exchange, ...options })
        : listen({ connect: heard, ...options })
    },
    onFailed: (error) => {
      emit('query.failed', { instance: config.name, node: config.node, source: 'waiter', error })
    },
  })
}

/** A pool that was given is used and left open; one that was opened here is closed. */
async function openSource({ database }: Config): Promise<Source> {
  switch (database?.kind) {
    case 'pool': {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked when configured
      const pool = database.pool as Pool
      const leave = outlive(database.pool)

      return {
        connect: connectionOf(database),
        pool,
        close: () => {
          leave()

          return Promise.resolve()
        },
      }
    }
    case 'url': {
      const connect = connectionOf(database)
      const pool = openPool(connect)

      return { connect, pool, close: () => pool.end() }
    }
    case 'embedded': {
      const { startEmbedded } = await import('./embedded/server.ts')
      const server = await startEmbedded({ dataDir: database.dataDir })
      const connect = { connectionString: server.url }
      const pool = openPool(connect)

      return {
        connect,
        pool,
        close: async () => {
          await pool.end()
          await server.stop()
        },
      }
    }
    case undefined:
      throw new ConfigError([
        {
          path: 'database',
          message: 'is undefined; only enqueueing with a `client` does without it',
        },
      ])
    default:
      return database satisfies never
  }
}
