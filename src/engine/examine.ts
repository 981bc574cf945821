/**
 * What `oban doctor` looks at. Each statement answers one JSON value, and changes nothing; most read the
 * catalog only, so that they need no right on a table of ours.
 */
import { query, type Db } from './query.ts'

interface Row {
  /** JSON. */
  readonly facts: string
}

/** Bind a statement to what its one JSON value holds. */
function factsOf<Facts, Params extends readonly unknown[]>(
  ask: (db: Db, ...params: Params) => Promise<readonly Row[]>,
) {
  return async (db: Db, ...params: Params): Promise<Facts | undefined> => {
    const [row] = await ask(db, ...params)

    return row === undefined ? undefined : JSON.parse(row.facts)
  }
}

type Prefix = [prefix: string]

export interface ServerFacts {
  readonly version: string
  /** 150004 for 15.4. */
  readonly versionNumber: number
  readonly role: string
  readonly database: string
  readonly isSuperuser: boolean
  readonly isReplica: boolean
  /** With which sessions of the role begin; times in milliseconds. */
  readonly settings: Readonly<Record<string, string | undefined>>
  /** Other schemas that have an `oban_jobs`. */
  readonly otherSchemas: readonly string[]
}

export const examineServer = factsOf<ServerFacts, Prefix>(query<Row, Prefix>('examine_server'))

export interface ColumnFacts {
  readonly type: string
  readonly isRequired: boolean
  readonly hasDefault: boolean
}

export interface TableFacts {
  readonly isUnlogged: boolean
  readonly hasRowSecurity: boolean
  /** Those that are enabled. */
  readonly triggers: readonly string[]
  /** Columns of the primary key. */
  readonly key: readonly string[]
  readonly columns: Readonly<Record<string, ColumnFacts | undefined>>
  /** Names of CHECK constraints. */
  readonly constraints: readonly string[]
}

type Tables = Readonly<Record<string, TableFacts | undefined>>

export const examineTables = factsOf<Tables, Prefix>(query<Row, Prefix>('examine_tables'))

export interface IndexFacts {
  readonly name: string
  readonly isOnJobs: boolean
  readonly isValid: boolean
  readonly isPartial: boolean
  /** `btree`, `gin`, … */
  readonly method: string
  readonly columns: readonly string[]
  /** Somebody builds an index on its table, or vacuums it. */
  readonly busy: boolean
}

export const examineIndexes = factsOf<readonly IndexFacts[], Prefix>(
  query<Row, Prefix>('examine_indexes'),
)

export interface WearFacts {
  /** As the planner has them. */
  readonly rows: number
  readonly tableBytes: number
  readonly indexBytes: number
  readonly live: number
  readonly dead: number
  /** Since a vacuum by anybody; null for never. */
  readonly vacuumedSeconds: number | null
  readonly analyzedSeconds: number | null
  readonly modifiedSinceAnalyze: number
  /** Storage options of the table. */
  readonly options: Readonly<Record<string, string | undefined>>
  /** Of the server, for tables without their own. */
  readonly scaleFactor: number
  /** Transactions since the oldest row was frozen. */
  readonly frozenAge: number
  readonly freezeMaxAge: number
  /** Whether this role may vacuum the table. */
  readonly mayMaintain: boolean
}

export const examineWear = factsOf<WearFacts, Prefix>(query<Row, Prefix>('examine_wear'))

export interface TransactionFacts {
  readonly pid: number
  readonly application: string
  readonly role: string
  /** Idle in the transaction, rather than at work. */
  readonly isIdle: boolean
  readonly seconds: number
  readonly idleSeconds: number
}

interface Holder {
  readonly name: string
  readonly isActive: boolean
  /** Transactions since the oldest one that it keeps visible; 0 for none. */
  readonly age: number
}

export interface HolderFacts {
  /** Sessions of this database that the role may not look at. */
  readonly hidden: number
  /** Oldest first. */
  readonly transactions: readonly TransactionFacts[]
  readonly prepared: ReadonlyArray<{ readonly name: string; readonly seconds: number }>
  readonly slots: readonly Holder[]
  readonly standbys: readonly Holder[]
}

type Seconds = [seconds: number]

export const examineHolders = factsOf<HolderFacts, Seconds>(query<Row, Seconds>('examine_holders'))

export interface WaitingFacts {
  readonly pid: number
  readonly application: string
  readonly seconds: number
  /** Process ids. */
  readonly blockers: readonly number[]
}

type Waiting = [prefix: string, seconds: number]

export const examineWaiting = factsOf<readonly WaitingFacts[], Waiting>(
  query<Row, Waiting>('examine_waiting'),
)

export interface GrantFacts {
  readonly role: string
  readonly hasSchemaUsage: boolean
  /** The tables that are there, with the privileges that the role lacks. */
  readonly tables: ReadonlyArray<{ readonly name: string; readonly missing: readonly string[] }>
  /** Sequences of the jobs table that the role may not draw from. */
  readonly sequences: readonly string[]
  /** Functions that the role may not call, with the types of their parameters. */
  readonly functions: readonly string[]
  readonly mayReadStatistics: boolean
}

export const examineGrants = factsOf<GrantFacts, Prefix>(query<Row, Prefix>('examine_grants'))

export interface ConnectionFacts {
  readonly most: number
  /** For superusers and the like. */
  readonly reserved: number
  readonly used: number
  /** Of oban-ts. */
  readonly ours: number
  /** -1 for none. */
  readonly roleLimit: number
  readonly databaseLimit: number
  /** How full the server's queue of notifications is, 0 to 1. */
  readonly queueUsage: number
}

export const examineConnections = factsOf<ConnectionFacts, []>(
  query<Row, []>('examine_connections'),
)

export interface ProducerFacts {
  readonly uuid: string
  /** The instance. */
  readonly name: string
  readonly node: string
  readonly queue: string
  /** It was declared dead. */
  readonly isDead: boolean
  /** Since its last heartbeat. */
  readonly silentSeconds: number
}

export interface NodeFacts {
  readonly producers: readonly ProducerFacts[]
  readonly leaders: ReadonlyArray<{
    readonly name: string
    readonly node: string
    /** Of the lease; below 0 it has run out. */
    readonly leftSeconds: number
  }>
  readonly crons: ReadonlyArray<{
    readonly instance: string
    readonly count: number
    readonly lastSeconds: number
  }>
}

export const examineNodes = factsOf<NodeFacts, []>(query<Row, []>('examine_nodes'))

type Mirrored = Pick<ProducerFacts, 'node' | 'queue' | 'uuid'>

export const examineMirrored = factsOf<readonly Mirrored[], []>(query<Row, []>('examine_mirrored'))

export interface ExecutingFacts {
  readonly node: string | null
  readonly uuid: string | null
  readonly count: number
  /** Five of them. */
  readonly ids: readonly number[]
  /** Since the one began that began first. */
  readonly seconds: number
}

export const examineExecuting = factsOf<readonly ExecutingFacts[], []>(
  query<Row, []>('examine_executing'),
)

export interface ReleasedFacts {
  readonly worker: string
  readonly queue: string
  readonly count: number
}

export const examineReleased = factsOf<readonly ReleasedFacts[], []>(
  query<Row, []>('examine_released'),
)

type Age = [ageSeconds: number, bound: number]

export const examineFinished = factsOf<number, Age>(query<Row, Age>('examine_finished'))

export interface BacklogFacts {
  readonly queue: string
  /** 10,000 stands for that many or more. */
  readonly count: number
  /** Since the job was due that has waited longest. */
  readonly seconds: number
}

export const examineBacklog = factsOf<readonly BacklogFacts[], []>(
  query<Row, []>('examine_backlog'),
)
