/** What keeps rows locked, and every vacuum from freeing any. */
import { examineHolders, examineWaiting, type HolderFacts } from '../../engine/examine.ts'
import { quoteIdentifier } from '../../engine/query.ts'
import { count, plural } from '../quantity.ts'
import { defineCheck, note, ok, problem, warning, type Scene, type Verdict } from './finding.ts'
import { age, list } from './wording.ts'

/** Every server has younger ones all the time. */
const LEAST_SECONDS = 10
const LEAST_WAIT_SECONDS = 1

async function lookAtHolders({ db }: Scene): Promise<HolderFacts> {
  return (
    (await examineHolders(db, LEAST_SECONDS)) ?? {
      hidden: 0,
      transactions: [],
      prepared: [],
      slots: [],
      standbys: [],
    }
  )
}

const MINUTE = 60
const HOUR = 3_600

type Transaction = HolderFacts['transactions'][number]

function named({ pid, application, role, seconds }: Transaction): string {
  return `process ${pid} (${application === '' ? role : `${application}, ${role}`}) for ${age(seconds)}`
}

function end({ pid }: { readonly pid: number }): string {
  return `SELECT pg_terminate_backend(${pid});`
}

export const longTransactions = defineCheck({
  id: 'long-transactions',
  theme: 'transactions',
  why: 'no vacuum frees a row that died after the oldest open transaction began',
  look: lookAtHolders,
  judge({ transactions, hidden }): Verdict {
    const long = transactions.filter(({ seconds }) => seconds > 5 * MINUTE)
    if (long.length === 0) {
      return hidden > 0
        ? note(`none of those that may be seen; ${plural(hidden, 'session')} may not`)
        : ok('none is older than 5 min')
    }
    const word = long.some(({ seconds }) => seconds > HOUR) ? problem : warning

    return word(`open: ${list(long.map(named))}`, ...long.map(end))
  },
})

export const idleInTransaction = defineCheck({
  id: 'idle-in-transaction',
  theme: 'transactions',
  why: 'a program that forgot its COMMIT holds locks, and jobs it enqueued that nobody sees',
  look: lookAtHolders,
  judge({ transactions }) {
    const idle = transactions.filter(({ isIdle, idleSeconds }) => isIdle && idleSeconds > MINUTE)
    if (idle.length === 0) return ok('none for longer than a minute')

    return warning(
      `idle: ${list(idle.map(named))}`,
      ...idle.map(end),
      ...[...new Set(idle.map(({ role }) => role))].map(
        (role) =>
          `ALTER ROLE ${quoteIdentifier(role)} SET idle_in_transaction_session_timeout = '1min';`,
      ),
    )
  },
})

export const locks = defineCheck({
  id: 'locks',
  theme: 'transactions',
  why: 'behind somebody who waits to alter the table everybody else waits too',
  needs: 'jobs',
  look: async ({ db, prefix }: Scene) =>
    (await examineWaiting(db, prefix, LEAST_WAIT_SECONDS)) ?? [],
  judge(waiting) {
    if (waiting.length === 0) return ok('nobody waits for one on oban_jobs')
    const pids = waiting.map(({ pid }) => pid)
    // Who waits himself is let go on by the end of the one in front.
    const roots = [...new Set(waiting.flatMap(({ blockers }) => blockers))].filter(
      (pid) => pid !== 0 && !pids.includes(pid),
    )

    return warning(
      list(
        waiting.map(
          ({ pid, application, seconds, blockers }) =>
            `process ${pid} (${application}) waits for ${age(seconds)} behind ${list(blockers.map(String))}`,
        ),
      ),
      ...roots.map((pid) => end({ pid })),
    )
  },
})

const SOME_AGE = 1_000_000
const GREAT_AGE = 50_000_000

export const replication = defineCheck({
  id: 'replication',
  theme: 'transactions',
  why: 'a slot or standby that lags keeps dead rows, and one that nobody reads keeps the log too',
  look: lookAtHolders,
  judge({ slots, standbys }) {
    const old = [...slots, ...standbys].filter((holder) => holder.age > SOME_AGE)
    const idle = slots.filter(({ isActive }) => !isActive)
    const drop = idle.map(
      ({ name }) => `SELECT pg_drop_replication_slot('${name}');  -- if nobody needs it`,
    )
    if (old.length > 0) {
      const word = old.some((holder) => holder.age > GREAT_AGE) ? problem : warning

      return word(
        list(old.map((holder) => `${holder.name} keeps ${count(holder.age)} transactions`)),
        ...drop,
      )
    }
    if (idle.length > 0) {
      return note(`slots that nobody reads: ${list(idle.map(({ name }) => name))}`, ...drop)
    }

    return ok(`${plural(slots.length, 'slot')}, none lags`)
  },
})

export const preparedTransactions = defineCheck({
  id: 'prepared-transactions',
  theme: 'transactions',
  why: 'a prepared transaction that nobody ends outlives even a restart of the server',
  look: lookAtHolders,
  judge({ prepared }) {
    const old = prepared.filter(({ seconds }) => seconds > 5 * MINUTE)
    if (old.length === 0) return ok('none is older than 5 min')

    return warning(
      list(old.map(({ name, seconds }) => `${name} for ${age(seconds)}`)),
      ...old.map(({ name }) => `ROLLBACK PREPARED '${name.replaceAll("'", "''")}';`),
    )
  },
})

export const transactionChecks = [
  longTransactions,
  idleInTransaction,
  locks,
  replication,
  preparedTransactions,
]
