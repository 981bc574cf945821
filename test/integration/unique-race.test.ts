import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const program = fileURLToPath(new URL('../fixtures/unique-node.mjs', import.meta.url))

const PROCESSES = 4
/** 52 at once, over all processes. */
const CALLERS = 13
const keys = ['one', 'two', 'three', 'four', 'five']

interface Result {
  readonly key: string
  readonly id: number
  readonly conflict: boolean
}

async function startNode(): Promise<ChildProcess> {
  const child = fork(program, [JSON.stringify({ url: database.url, keys, callers: CALLERS })], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  await once(child, 'message')

  return child
}

test(
  '50 inserters in 4 processes never make two of a unique job',
  { timeout: 120_000 },
  async () => {
    const children = await Promise.all(Array.from({ length: PROCESSES }, startNode))
    const answers = children.map(async (child): Promise<Result[]> => {
      const answer = once(child, 'message')
      child.send('go')

      return (await answer)[0]
    })
    const results = (await Promise.all(answers)).flat()
    const rows = await database.query(
      `SELECT args ->> 'key' AS key, count(*)::int AS count FROM oban_jobs GROUP BY 1 ORDER BY 1`,
    )

    expect(rows).toEqual(keys.toSorted().map((key) => ({ key, count: 1 })))
    for (const key of keys) {
      const ofKey = results.filter((result) => result.key === key)
      expect(new Set(ofKey.map(({ id }) => id)).size).toBe(1)
      expect(ofKey.filter(({ conflict }) => !conflict)).toHaveLength(1)
    }
  },
)
