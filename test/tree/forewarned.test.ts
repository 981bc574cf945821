import { describe, expect, test } from 'vitest'
import type { Statement } from '../../src/engine/query.ts'
import { obey } from '../../src/runtime/nodes/obey.ts'
import { useDatabase } from '../support/database.ts'
import { startTree } from '../support/tree.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()

type Tree = Awaited<ReturnType<typeof startTree>>

/** Let something happen after a job was claimed, and before its node has the answer. */
function beforeTheAnswer({ runtime }: Tree, act: () => Promise<void>): void {
  const { fetch } = runtime.connections
  const query = async (statement: Statement) => {
    const answer = await fetch.client.query(statement)
    if (statement.text.includes('FOR KEY SHARE') && answer.rows.length > 0) await act()

    return answer
  }
  runtime.connections = { ...runtime.connections, fetch: { ...fetch, client: { query } } }
}

describe('a cancellation that is heard before the answer of the claim', () => {
  test.for([
    ['stored before it was sent', `state = 'cancelled', cancelled_at = now()`],
    ['left to this node, as by oban-py', `meta = meta`],
  ] as const)('keeps the job from starting: %s', async ([, change]) => {
    const tree = await startTree(database.url)
    let times = 0
    beforeTheAnswer(tree, async () => {
      times += 1
      if (times > 1) return
      const [row] = await database.query(
        `UPDATE oban_jobs SET ${change} WHERE state = 'executing' RETURNING id`,
      )
      obey(tree.runtime, { action: 'pkill', job_id: Number(row?.['id']) })
    })
    const id = await tree.enqueue('Wait')
    await untilRows(
      database,
      `SELECT errors FROM oban_jobs WHERE id = ${id} AND cardinality(errors) > 0`,
      (rows) => rows.length > 0,
    )

    expect(tree.told.all('job.start')).toEqual([])
    expect(
      await database.query('SELECT state::text, attempt FROM oban_jobs WHERE id = $1', [id]),
    ).toEqual([{ state: 'cancelled', attempt: 1 }])
  })
})
