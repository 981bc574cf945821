import { expect, test } from 'vitest'
import { OwnMeans, type OwnRow } from '../../src/threads/own-job.ts'
import { claimedRow } from '../support/claimed-row.ts'

function means(own: Partial<OwnRow> = {}) {
  return new OwnMeans(
    {
      patch: () => Promise.resolve(true),
      completing: () => Promise.resolve(),
      complete: () => Promise.resolve(true),
      ...own,
    },
    { abortCode: undefined, message: { token: 1, job: claimedRow() } },
  )
}

test('an update of meta that meets a lock has a code of ours', async () => {
  const cause = Object.assign(new Error('lock timeout'), { code: '55P03' })
  const own = means({ patch: () => Promise.reject(cause) })

  await expect(own.updateMeta({ a: 1 })).rejects.toMatchObject({ code: 'OBAN_JOB_LOCKED', cause })
})

test('completing refuses options that it does not know: a record would be lost', async () => {
  const client = { query: () => Promise.resolve([]) }
  const slip = { client, record: 1 }
  const own = means()

  await expect(own.complete(slip)).rejects.toMatchObject({
    code: 'OBAN_CONFIG',
    problems: [{ path: 'record', suggestion: 'recorded' }],
  })
  await expect(own.complete(JSON.parse('null'))).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
})
