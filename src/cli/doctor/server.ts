/** The server itself: how far away it is, what it can do, and how sessions of this role begin. */
import { systemClock } from '../../clock.ts'
import { databaseTime } from '../../engine/counts.ts'
import { examineServer, type ServerFacts } from '../../engine/examine.ts'
import { quoteIdentifier } from '../../engine/query.ts'
import { defineCheck, note, ok, problem, warning, type Scene, type Verdict } from './finding.ts'
import { age, list } from './wording.ts'

interface Contact {
  /** Median of five. */
  readonly roundTripMs: number
  /** How far the database's clock is ahead of ours. */
  readonly aheadMs: number
}

const ROUNDS = 5

async function makeContact({ db }: Scene): Promise<Contact> {
  const rounds: Contact[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const sentAtMs = systemClock.now().getTime()
    const startedAtMs = performance.now()
    // One after the other, as they measure the way there and back.
    const [row] = await databaseTime(db)
    const roundTripMs = performance.now() - startedAtMs
    const aheadMs = Number(row?.seconds) * 1_000 - (sentAtMs + roundTripMs / 2)
    rounds.push({ roundTripMs, aheadMs })
  }
  rounds.sort((a, b) => a.roundTripMs - b.roundTripMs)

  return rounds[Math.floor(ROUNDS / 2)] ?? { roundTripMs: 0, aheadMs: 0 }
}

export async function lookAtServer({ db, prefix }: Scene): Promise<ServerFacts> {
  const facts = await examineServer(db, prefix)
  if (facts === undefined) throw new Error('the server says nothing of itself')

  return facts
}

export const reachable = defineCheck({
  id: 'reachable',
  theme: 'server',
  why: 'each claim, acknowledgement and heartbeat is a round trip',
  look: makeContact,
  judge({ roundTripMs }) {
    const found = `a round trip takes ${roundTripMs.toFixed(1)} ms`
    if (roundTripMs >= 50) {
      return warning(found, 'run the nodes in the region and network of the database')
    }

    return roundTripMs >= 10
      ? note(found, 'raise the limit of queues with short jobs, or run the nodes nearer')
      : ok(found)
  },
})

export const version = defineCheck({
  id: 'version',
  theme: 'server',
  why: 'statements of ours need PostgreSQL 14 or later',
  look: lookAtServer,
  judge({ version: name, versionNumber }) {
    return versionNumber < 140_000
      ? problem(`PostgreSQL ${name}`, 'upgrade the server')
      : ok(`PostgreSQL ${name}`)
  },
})

export const writable = defineCheck({
  id: 'writable',
  theme: 'server',
  why: 'a node claims, acknowledges and beats: none of it works where nothing can be written',
  look: lookAtServer,
  judge({ isReplica, role, settings }) {
    if (isReplica) {
      return problem(
        'this is a hot standby, which is read-only',
        'give the URL of the primary (with several hosts: target_session_attrs=read-write)',
      )
    }

    return settings['default_transaction_read_only'] === 'on'
      ? problem(
          'sessions of this role are read-only',
          `ALTER ROLE ${quoteIdentifier(role)} RESET default_transaction_read_only;`,
        )
      : ok('takes writes')
  },
})

export const durability = defineCheck({
  id: 'durability',
  theme: 'server',
  why: 'a job that was enqueued must be there after a crash of the server',
  look: lookAtServer,
  judge({ settings }) {
    const off = ['fsync', 'full_page_writes'].filter((name) => settings[name] === 'off')
    if (off.length > 0) {
      return warning(
        `${off.join(' and ')} off: a crash of the machine may destroy the database`,
        ...off.map((name) => `ALTER SYSTEM SET ${name} = on;`),
        'SELECT pg_reload_conf();',
      )
    }

    return settings['synchronous_commit'] === 'off'
      ? note('synchronous_commit is off: a crash loses jobs enqueued within the last second')
      : ok(`fsync on, synchronous_commit ${settings['synchronous_commit'] ?? 'unknown'}`)
  },
})

export const isolation = defineCheck({
  id: 'isolation',
  theme: 'server',
  why: 'above "read committed" concurrent unique inserts and changes of jobs fail with 40001',
  look: lookAtServer,
  judge({ role, settings }) {
    const level = settings['default_transaction_isolation'] ?? 'unknown'
    if (level === 'read committed') return ok(level)

    return warning(
      `sessions of this role begin with "${level}"; our own connections set theirs, your pool does not`,
      `ALTER ROLE ${quoteIdentifier(role)} SET default_transaction_isolation = 'read committed';`,
    )
  },
})

interface Limit {
  readonly name: string
  /** Below it something of ours breaks. */
  readonly leastMs: number
  readonly effect: string
}

const limits: readonly Limit[] = [
  { name: 'statement_timeout', leastMs: 10_000, effect: 'ends large enqueueMany() and installs' },
  { name: 'lock_timeout', leastMs: 6_000, effect: 'ends unique inserts, which wait for 5 s' },
  {
    name: 'idle_in_transaction_session_timeout',
    leastMs: 10_000,
    effect: 'ends transactions that enqueue and then do something else',
  },
  { name: 'transaction_timeout', leastMs: 10_000, effect: 'ends transactions that enqueue' },
  {
    name: 'idle_session_timeout',
    leastMs: 60_000,
    effect: 'ends connections that wait for work, which reconnect each time',
  },
]

export const timeouts = defineCheck({
  id: 'timeouts',
  theme: 'server',
  why: 'limits of the role end statements of your pool; our own connections set theirs',
  look: lookAtServer,
  judge({ role, settings }): Verdict {
    const set = limits.flatMap((limit) => {
      const ms = Number(settings[limit.name] ?? 0)

      return ms > 0 ? [{ ...limit, ms }] : []
    })
    const short = set.filter(({ ms, leastMs }) => ms < leastMs)
    if (short.length > 0) {
      return warning(
        short.map(({ name, ms, effect }) => `${name} ${age(ms / 1_000)} ${effect}`).join('; '),
        ...short.map(
          ({ name, leastMs }) =>
            `ALTER ROLE ${quoteIdentifier(role)} SET ${name} = '${leastMs}ms';`,
        ),
      )
    }
    const shown = set.map(({ name, ms }) => `${name} ${age(ms / 1_000)}`)

    return ok(shown.length === 0 ? 'none is set' : shown.join(', '))
  },
})

export const clock = defineCheck({
  id: 'clock',
  theme: 'server',
  why: 'we go by the clock of the database; logs, Elixir nodes and Oban Web by that of their machine',
  look: makeContact,
  judge({ aheadMs, roundTripMs }) {
    // Half a round trip may have been spent on either way.
    const skewMs = Math.max(0, Math.abs(aheadMs) - roundTripMs / 2)
    const found =
      skewMs < 100
        ? 'this machine and the database agree'
        : `the database is ${age(skewMs / 1_000)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine`
    if (skewMs >= 2_000) return warning(found, 'keep both in time (chrony, systemd-timesyncd)')

    return skewMs >= 500 ? note(found) : ok(found)
  },
})

export const otherSchemas = defineCheck({
  id: 'other-schemas',
  theme: 'schema',
  why: 'an instance with the wrong prefix works on a table that nobody else looks at',
  look: lookAtServer,
  judge({ otherSchemas: others, settings }, { prefix }) {
    if (others.length === 0) return ok(`only in "${prefix}"`)

    return note(
      `oban_jobs is also in ${list(others.map((name) => `"${name}"`))} (search_path: ${settings['search_path'] ?? ''})`,
      `oban doctor --prefix ${others[0] ?? ''}`,
    )
  },
})

export const serverChecks = [reachable, version, writable, durability, isolation, timeouts, clock]
