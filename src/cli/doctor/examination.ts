/** Runs the checks, one after the other, so that none of them can be in the way of another. */
import type { ClientConfig } from 'pg'
import { DatabaseUnreachableError } from '../../database-errors.ts'
import { Connection } from '../../engine/connection.ts'
import { nameOf } from '../../engine/client.ts'
import { isDenied, isOverdue } from '../../engine/refusal.ts'
import { describeSchema } from '../../engine/schema.ts'
import { oneLine } from '../../telemetry/words.ts'
import { connectionChecks } from './connections.ts'
import {
  note,
  problem,
  results,
  type Check,
  type Finding,
  type Result,
  type Scene,
  type Verdict,
} from './finding.ts'
import { hear, type Ear, type Hearing } from './hearing.ts'
import { indexChecks } from './indexes.ts'
import { jobChecks } from './jobs.ts'
import { nodeChecks } from './nodes.ts'
import { rightChecks } from './rights.ts'
import { schemaChecks } from './schema.ts'
import { reachable, serverChecks } from './server.ts'
import { tableChecks } from './table.ts'
import { transactionChecks } from './transactions.ts'

/** In the order in which they are shown. */
export const checks: readonly Check[] = [
  ...serverChecks,
  ...schemaChecks,
  ...indexChecks,
  ...tableChecks,
  ...transactionChecks,
  ...rightChecks,
  ...connectionChecks,
  ...nodeChecks,
  ...jobChecks,
]

/** The longest that one statement may take, in milliseconds. */
const PATIENCE_MS = 5_000

export interface Examination {
  readonly findings: readonly Finding[]
  /** Ids of the checks that had nothing to look at. */
  readonly leftOut: readonly string[]
}

export type ExaminationOptions = Omit<Ear, 'hasTables'>

/** Look at a database from all sides. What cannot be reached or may not be read is a finding too. */
export async function examine(options: ExaminationOptions): Promise<Examination> {
  const { connect, prefix } = options
  const client = new Connection({
    role: 'doctor',
    connect,
    timeoutMs: PATIENCE_MS,
    // The server itself sees to it that nothing is changed, through a pooler as well.
    settings: { default_transaction_read_only: 'on', transaction_read_only: 'on' },
  })
  const db = { client, prefix, named: false }
  try {
    const schema = await unlessFailed(() => describeSchema(db))
    if (schema instanceof Error) {
      const leftOut = checks.filter((check) => check !== reachable).map(({ id }) => id)

      return { findings: [finding(reachable, unreachable(connect, schema))], leftOut }
    }
    const hasTables = schema.oursVersion > 0 && schema.hasOurProducers && schema.hasJobs
    const there = { nothing: true, jobs: schema.hasJobs, tables: hasTables }
    const scene = setScene({ db, prefix, schema }, () => hear({ ...options, hasTables }))
    const wanted = checks.filter(({ needs }) => there[needs ?? 'nothing'])
    const findings: Finding[] = []
    for (const check of wanted) findings.push(finding(check, await verdictOf(check, scene)))

    return {
      findings,
      leftOut: checks.filter((check) => !wanted.includes(check)).map(({ id }) => id),
    }
  } finally {
    await client.close()
  }
}

function setScene(
  place: Pick<Scene, 'db' | 'prefix' | 'schema'>,
  listen: () => Promise<Hearing>,
): Scene {
  const seen = new Map<unknown, Promise<unknown>>()
  let heard: Promise<Hearing> | undefined
  const scene: Scene = {
    ...place,
    async look<Facts>(look: (scene: Scene) => Promise<Facts>): Promise<Facts> {
      const asked = seen.get(look) ?? look(scene)
      seen.set(look, asked)

      // What was asked by this very function is of its type.
      return (await asked) as Facts
    },
    hear: () => (heard ??= listen()),
  }

  return scene
}

function finding({ id, theme, why }: Check, verdict: Verdict): Finding {
  return { id, theme, why, ...verdict }
}

/** A check that could not look says so, and keeps no other from it. */
async function verdictOf(check: Check, scene: Scene): Promise<Verdict> {
  const verdict = await unlessFailed(() => check.examine(scene))

  return verdict instanceof Error ? blind(verdict) : verdict
}

function blind(error: Error): Verdict {
  const reason = oneLine(error.message)
  if (isDenied(error)) {
    return note(`this role may not look: ${reason}`, 'run the command as the owner of the tables')
  }

  return note(
    isOverdue(error)
      ? `not known: the statement took longer than ${PATIENCE_MS / 1_000} s`
      : `not known: ${reason}`,
  )
}

/** Errors of the database and of the way to it are findings; ours are not. */
async function unlessFailed<Value>(work: () => Promise<Value>): Promise<Error | Value> {
  try {
    return await work()
  } catch (error) {
    const isOurs = error instanceof TypeError || error instanceof RangeError
    if (!(error instanceof Error) || isOurs) throw error

    return error
  }
}

function unreachable(connect: ClientConfig, cause: Error): Verdict {
  const reason = new DatabaseUnreachableError(nameOf(connect), { cause }).message

  return problem(
    oneLine(reason),
    'see that the server runs, that a firewall lets you through, and that host, port, user and password are right',
  )
}

/** How many findings there are of each kind. */
export function tally(findings: readonly Finding[]): Readonly<Record<Result, number>> {
  const counts: Record<Result, number> = { ok: 0, note: 0, warning: 0, problem: 0 }
  for (const { result } of findings) counts[result] += 1

  return counts
}

/** The worst of all findings. */
export function worst(findings: readonly Finding[]): Result {
  const found = Math.max(0, ...findings.map(({ result }) => results.indexOf(result)))

  return results[found] ?? 'ok'
}
