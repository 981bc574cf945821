/** Statements on leadership: a lease on one row for each instance, by the database's clock. */
import { query } from './query.ts'

interface ElectedRow {
  /** Which term has begun; null when somebody else leads. */
  readonly elected_at: string | null
  /** How long the lease of who leads still lasts. */
  readonly left_ms: string
}

type Elect = [name: string, node: string, leaseSeconds: number, electedAt: string | null]

export const electLeader = query<ElectedRow, Elect>('elect_leader')

interface Term {
  readonly elected_at: string
}

type Renew = [name: string, node: string, leaseSeconds: number, electedAt: string]

export const renewLeader = query<Term, Renew>('renew_leader')

type Resign = [
  name: string,
  node: string,
  electedAt: string,
  channel: string | null,
  payload: string,
]

export const resignLeader = query<object, Resign>('resign_leader')

export const livePythonLeaders = query<{ readonly node: string }, []>('live_python_leaders')
