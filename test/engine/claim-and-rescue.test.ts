import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { completeJobs, fetchJobs } from '../../src/engine/jobs.ts'
import {
  beatProducers,
  registerProducer,
  removeProducer,
  rescueJobs,
} from '../../src/engine/producers.ts'
import type { Db } from '../../src/engine/query.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { connectTo, useDatabase } from '../support/database.ts'

const LOCK_TIMEOUT = { code: '55P03' }

const database = useDatabase()

async function session(): Promise<Db & { readonly client: Client }> {
  const client = await connectTo(database.url)

  return { client, prefix: 'public', named: true }
}

/** A producer whose claim of one job is not committed yet. */
async function startClaim() {
  const [claiming, other] = await Promise.all([session(), session()])
  await other.client.query(`SET lock_timeout = '50ms'`)
  const uuid = randomUUID()
  const queue = `queue-${uuid}`
  await registerProducer(claiming, uuid, 'Oban', 'node', queue, '{}')
  await claiming.client.query(
    `INSERT INTO oban_jobs (state, queue, worker) VALUES ('available', $1, 'Greet')`,
    [queue],
  )
  await claiming.client.query('BEGIN')
  const [job] = await fetchJobs(claiming, FRONT, queue, 10, uuid, 'node', [])
  if (job === undefined) throw new Error('nothing was claimed')
  const commit = () => claiming.client.query('COMMIT')

  return { other, uuid, queue, job, commit }
}

const rescueOf = (db: Db, uuid: string) =>
  rescueJobs(db, uuid, '0', '{}', 'public.oban_insert', 100)

describe('claim and rescue', () => {
  test('a rescue waits for a claim in flight, and rescues what it took', async () => {
    const { other, uuid, job, commit } = await startClaim()

    await expect(rescueOf(other, uuid)).rejects.toMatchObject(LOCK_TIMEOUT)
    await commit()

    expect(await rescueOf(other, uuid)).toMatchObject([{ id: job.id, state: 'available' }])
  })

  test('a removal waits for a claim in flight, and leaves the row that it needs', async () => {
    const { other, uuid, job, commit } = await startClaim()

    await expect(removeProducer(other, uuid)).rejects.toMatchObject(LOCK_TIMEOUT)
    await commit()
    expect(await removeProducer(other, uuid)).toEqual([])

    await completeJobs(other, [job.id], 1, uuid)
    expect(await removeProducer(other, uuid)).toEqual([{ uuid }])
  })

  test('a producer that beat after the look is not rescued from', async () => {
    const { other, uuid, commit } = await startClaim()
    await commit()

    await beatProducers(other, [uuid])

    expect(await rescueOf(other, uuid)).toEqual([])
    expect(await beatProducers(other, [uuid])).toEqual([{ uuid }])
  })

  test('nothing is claimed for a producer that is dead', async () => {
    const { other, uuid, queue, commit } = await startClaim()
    await commit()
    await rescueOf(other, uuid)

    expect(await fetchJobs(other, FRONT, queue, 10, uuid, 'node', [])).toEqual([])
  })
})
