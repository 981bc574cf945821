import { afterEach, expect, test } from 'vitest'
import { chaosJobs, summarizeChaos } from '../../../src/cli/demo/chaos.ts'
import { bystanderArgs, sealOf } from '../../../src/cli/demo/workers/bystander.ts'
import { encodeRecorded } from '../../../src/term.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
const run = 'demo-1'

afterEach(async () => {
  await database.query('DELETE FROM oban_jobs')
})

interface Row {
  readonly worker: string
  readonly args: unknown
  readonly state: string
  readonly attempt: number
  readonly error: string | undefined
  readonly recorded: unknown
}

/** The jobs of a chaos, ended as they should. */
function ended(): Row[] {
  return chaosJobs(run).map(({ worker, args }) => {
    const isBystander = worker === 'Chaos.Bystander'
    const error = worker === 'Chaos.BusyLoop' ? 'JobTimeoutError: late' : 'JobCrashError: died'

    return {
      worker,
      args,
      state: isBystander ? 'completed' : 'discarded',
      attempt: 1,
      error: isBystander ? undefined : error,
      recorded: isBystander ? { seal: sealOf(bystanderArgs.parse(args)) } : undefined,
    }
  })
}

/** Store the jobs and have them judged. */
async function judge(rows: readonly Row[]) {
  for (const { worker, args, state, attempt, error, recorded } of rows) {
    const meta = recorded === undefined ? {} : { recorded: true, return: encodeRecorded(recorded) }
    const errors = error === undefined ? [] : [{ attempt, at: '2026-01-01T00:00:00Z', error }]
    await database.query(
      `INSERT INTO oban_jobs (queue, worker, args, meta, state, attempt, errors, tags)
       SELECT 'chaos', $1, $2, $3, $4::oban_job_state, $5,
              ARRAY(SELECT jsonb_array_elements($6::jsonb)), ARRAY[$7]`,
      [worker, args, meta, state, attempt, JSON.stringify(errors), run],
    )
  }

  return summarizeChaos({
    db: { client: database.pool, prefix: 'public', named: false },
    tagged: [run, '0'],
    seen: { beginnings: () => 2, recoveryMs: () => 12.6, dispose: () => {} },
  })
}

/** The jobs with one of them changed. */
function changed(worker: string, change: Partial<Row>): Row[] {
  const rows = ended()
  const index = rows.findIndex((row) => row.worker === worker)

  return rows.map((row, at) => (at === index ? { ...row, ...change } : row))
}

test('has nothing to say against a chaos in which the culprits alone paid', async () => {
  const { item, problems } = await judge(ended())

  expect(problems).toEqual([])
  expect(item.bystanders).toEqual({ total: 12, completed: 12, restored: 12, attemptsPaid: 0 })
  expect(item.culprits.map(({ worker }) => worker)).toEqual([
    'Chaos.Throw',
    'Chaos.Exit',
    'Chaos.BusyLoop',
    'Chaos.Leak',
  ])
  expect(item.culprits[2]).toEqual({
    worker: 'Chaos.BusyLoop',
    deed: 'loops without end',
    state: 'discarded',
    attempt: 1,
    error: 'late',
    recoveryMs: 13,
  })
})

test.each([
  ['a bystander that paid an attempt', 'Chaos.Bystander', { attempt: 2 }, /paid for others with 1/],
  ['a bystander that failed', 'Chaos.Bystander', { error: 'Error: x' }, /paid for others with 1/],
  ['a bystander that was lost', 'Chaos.Bystander', { state: 'discarded' }, /is discarded$/],
  ['a wrong result', 'Chaos.Bystander', { recorded: { seal: 'x' } }, /has a wrong result$/],
  ['a culprit that got away', 'Chaos.Exit', { state: 'completed' }, /^Chaos\.Exit is completed/],
  [
    'a culprit that ended otherwise',
    'Chaos.Leak',
    { error: 'Error: x' },
    /discarded \(x\), and not discarded with a JobCrashError$/,
  ],
])('reports %s', async (_, worker, change, problem) => {
  const { problems } = await judge(changed(worker, change))

  expect(problems).toEqual([expect.stringMatching(problem)])
})

test('reports jobs that are missing', async () => {
  expect((await judge(ended().slice(2))).problems).toEqual([
    '2 jobs of the chaos are not in the database',
  ])
})
