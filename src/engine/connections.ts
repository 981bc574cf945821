/**
 * The runtime's connections: one for each kind of work, so that none waits behind another's locks.
 *
 * They are ours alone. Jobs that hold every connection of the user's pool can delay what they enqueue,
 * but never a heartbeat or an acknowledgement.
 */
import type { ClientConfig } from 'pg'
import type { SynchronousCommit, SynchronousCommitOptions } from '../config/options.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { Db } from './query.ts'

export interface Connections {
  /** Claims. */
  readonly fetch: Db
  /** Staging, what a node says to others, and the rows of its producers from their first to their last. */
  readonly stage: Db
  /** Acknowledgements. */
  readonly ack: Db
  /** Heartbeats, and nothing that could hold them up. */
  readonly beat: Db
  /** Rescues, which take locks. */
  readonly rescue: Db
  readonly close: () => Promise<void>
}

export interface ConnectionsOptions {
  readonly connect: ClientConfig
  readonly prefix: string
  /** What commits wait for. Default: what the database says */
  readonly synchronousCommit?: SynchronousCommitOptions
}

/**
 * A bitmap is made of all that an index has, even where the first hundred are wanted, and marks no entry of a dead
 * row, so that the next statement reads it again.
 */
const WITHOUT_BITMAPS = { enable_bitmapscan: 'off' }

export function openConnections({
  connect,
  prefix,
  synchronousCommit = {},
}: ConnectionsOptions): Connections {
  const opened: Connection[] = []
  const open = (
    role: string,
    options: Pick<ConnectionOptions, 'plans' | 'settings' | 'timeoutMs'>,
  ): Db => {
    const client = new Connection({ role, connect, ...options })
    opened.push(client)

    return { client, prefix, named: true }
  }

  return {
    fetch: open('fetch', {
      timeoutMs: 5_000,
      plans: 'indexed',
      settings: committing(synchronousCommit.fetch),
    }),
    stage: open('stage', {
      timeoutMs: 5_000,
      settings: { ...WITHOUT_BITMAPS, ...committing(synchronousCommit.stage) },
    }),
    ack: open('ack', { timeoutMs: 5_000, settings: { lock_timeout: '1s' } }),
    // A beat that was answered lets jobs start: were it lost in a crash of the server, others could declare
    // the producer dead meanwhile. It waits for the disk, whatever the database's default is, not for replicas.
    beat: open('beat', {
      timeoutMs: 2_000,
      settings: { ...WITHOUT_BITMAPS, synchronous_commit: 'local' },
    }),
    rescue: open('rescue', { timeoutMs: 2_000, settings: { lock_timeout: '1s' } }),
    close: async () => {
      await Promise.all(opened.map((connection) => connection.close()))
    },
  }
}

function committing(what: SynchronousCommit | undefined): Record<string, string> {
  return what === undefined ? {} : { synchronous_commit: what }
}

/** What stands in before the database actor has started: it refuses everything. */
export function noConnections(prefix: string): Connections {
  const client = {
    query: () => Promise.reject(new Error('the database actor is not running')),
  }
  const db: Db = { client, prefix, named: false }

  return { fetch: db, stage: db, ack: db, beat: db, rescue: db, close: () => Promise.resolve() }
}
