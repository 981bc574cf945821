import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { AT_ONCE, GroupCommit, PATIENCE_MS } from '../../src/engine/group-commit.ts'
import { rowOf } from '../../src/engine/insert.ts'
import { write } from '../../src/engine/series.ts'
import { BATCH_JOBS } from '../../src/job/batch.ts'
import { buildNewJob, type NewJob } from '../../src/job/new-job.ts'
import type { JobRow } from '../../src/job.ts'
import { simulatedClock } from '../support/simulated-clock.ts'

interface Statement {
  readonly numbers: readonly unknown[]
  /** Store its jobs. */
  readonly answer: () => void
  readonly fail: (error: Error) => void
}

function newJob(n: number, pad = ''): NewJob {
  const args = { n, pad }

  return buildNewJob({ worker: 'Greet', args, options: {} }, args)
}

function refusal(code = '23514'): DatabaseError {
  const error = new DatabaseError('refused', 1, 'error')
  error.code = code

  return error
}

/** A group commit whose statements the test answers. Jobs are numbered, and so are their rows. */
function startGroup() {
  const { clock, simulated } = simulatedClock()
  const sent: Statement[] = []
  const store = (jobs: readonly NewJob[]) =>
    new Promise<readonly JobRow[]>((resolve, reject) => {
      const numbers = jobs.map(({ args }) => Object(args).n)
      const rows = jobs.map((job, place) => rowOf(write(job), [String(numbers[place]), '', '']))
      sent.push({ numbers, answer: () => resolve(rows), fail: reject })
    })
  const group = new GroupCommit({
    clock,
    insertOne: (job) => store([job]),
    insertGroup: store,
  })
  const answers: string[] = []
  const insert = async (n: number, pad?: string) => {
    try {
      const rows = await group.insert(newJob(n, pad))
      answers.push(`${n} is ${rows.map(({ id }) => id).join()}`)
    } catch (error) {
      answers.push(`${n}: ${error instanceof Error ? error.message : 'no error'}`)
    }
  }
  const insertAll = (...numbers: readonly number[]) => {
    for (const n of numbers) void insert(n)
  }

  return {
    simulated,
    sent,
    answers,
    insert,
    insertAll,
    numbers: () => sent.map((s) => s.numbers),
  }
}

/** Where no call is answered there is nothing else to wait for; promises need a few turns. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

describe('group commit', () => {
  test('sends a call at once while few statements are under way', async () => {
    const { insertAll, numbers, sent, answers } = startGroup()
    insertAll(1, 2)
    expect(numbers()).toEqual([[1], [2]])
    sent[1]?.answer()
    await turns()
    expect(answers).toEqual(['2 is 2'])
    insertAll(3)

    expect(numbers()).toEqual([[1], [2], [3]])
  })

  test('sends what has gathered, in the order of the calls, when a statement comes back', async () => {
    const { insertAll, numbers, sent, answers } = startGroup()
    insertAll(1, 2, 3, 4, 5)
    expect(numbers()).toHaveLength(AT_ONCE)
    sent[0]?.answer()
    await turns()
    expect(numbers()).toEqual([[1], [2], [3, 4, 5]])
    for (const { answer } of sent) answer()
    await turns()

    expect(answers.toSorted()).toEqual([1, 2, 3, 4, 5].map((n) => `${n} is ${n}`))
  })

  test('puts no more jobs into one statement than a batch has', async () => {
    const { insertAll, numbers, sent } = startGroup()
    insertAll(...Array.from({ length: BATCH_JOBS + 3 }, (_, n) => n))
    sent[0]?.answer()
    await turns()
    expect(numbers().map(({ length }) => length)).toEqual([1, 1, BATCH_JOBS])
    sent[1]?.answer()
    await turns()

    expect(numbers().at(-1)).toEqual([BATCH_JOBS + 2])
  })

  test('puts no more text into one statement than a batch has', async () => {
    const { insert, insertAll, numbers, sent } = startGroup()
    insertAll(1, 2, 3)
    void insert(4, 'x'.repeat(9_000_000))
    insertAll(5)
    sent[0]?.answer()
    await turns()

    expect(numbers()).toEqual([[1], [2], [3, 4]])
  })

  test('rejects only the call whose job is refused', async () => {
    const { insertAll, numbers, sent, answers } = startGroup()
    insertAll(1, 2, 3, 4, 5)
    sent[0]?.answer()
    await turns()
    sent[2]?.fail(refusal())
    await turns()
    expect(numbers().slice(3)).toEqual([[3], [4], [5]])
    sent[4]?.fail(new Error('not even four'))
    for (const { answer } of sent) answer()
    await turns()

    expect(answers.toSorted()).toEqual(['1 is 1', '2 is 2', '3 is 3', '4: not even four', '5 is 5'])
  })

  test('knows a refusal from another copy of the driver', async () => {
    const { insertAll, numbers, sent } = startGroup()
    insertAll(1, 2, 3, 4)
    sent[0]?.answer()
    await turns()
    sent[2]?.fail(Object.assign(new Error('refused'), { severity: 'ERROR', code: '23514' }))
    await turns()

    expect(numbers().slice(3)).toEqual([[3], [4]])
  })

  test.each([new Error('Connection terminated'), refusal('57P01'), refusal('53100')])(
    'rejects every call of a group after %s, and sends none again',
    async (error) => {
      const { insertAll, sent, answers } = startGroup()
      insertAll(1, 2, 3, 4)
      sent[0]?.answer()
      sent[1]?.answer()
      await turns()
      sent[2]?.fail(error)
      await turns()

      expect(sent).toHaveLength(3)
      expect(answers.slice(2)).toEqual([`3: ${error.message}`, `4: ${error.message}`])
    },
  )

  test('waits but a moment for statements that something holds up', async () => {
    const { insertAll, numbers, simulated } = startGroup()
    insertAll(1, 2, 3, 4)
    simulated.increment(PATIENCE_MS - 1)
    expect(numbers()).toEqual([[1], [2]])
    simulated.increment(1)
    expect(numbers()).toEqual([[1], [2], [3, 4]])
    insertAll(5, 6)
    // The late ones are not awaited any more: two others may be under way beside them.
    expect(numbers()).toEqual([[1], [2], [3, 4], [5]])
    simulated.increment(PATIENCE_MS)

    expect(numbers().at(-1)).toEqual([6])
  })

  test('measures that moment from the last statement that was sent', async () => {
    const { insertAll, numbers, sent, simulated } = startGroup()
    insertAll(1, 2, 3)
    simulated.increment(PATIENCE_MS - 1)
    sent[0]?.answer()
    await turns()
    insertAll(4)
    simulated.increment(PATIENCE_MS - 1)
    expect(numbers()).toEqual([[1], [2], [3]])
    simulated.increment(1)

    expect(numbers()).toEqual([[1], [2], [3], [4]])
  })
})
