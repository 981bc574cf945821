// What PostgreSQL can do at most: our own statements on connections set as our own, with nothing between
// them, and inserts as plain as they get.
import { randomUUID } from 'node:crypto'
import { Client, Pool } from 'pg'
import { openConnections } from '../../../dist/src/engine/connections.js'
import { completeJobs, fetchJobs } from '../../../dist/src/engine/jobs.js'
import { FRONT } from '../../../dist/src/protocol/claim-cursor.js'
import { registerProducer } from '../../../dist/src/engine/producers.js'
import { answer } from './answer.js'
import { atPace } from './pace.js'
import { usage } from './usage.js'

const { url, limit, goesOn = false } = JSON.parse(process.argv[2])
const connect = { connectionString: url }
const uuid = randomUUID()
const opened = []

// A loop has one statement under way at a time: with two of them two connections are at work.
const loops = [
  openConnections({ connect, prefix: 'public' }),
  openConnections({ connect, prefix: 'public' }),
]
const [first] = loops
await registerProducer(first.beat, uuid, 'Oban', 'raw', 'bench', '{}')

function fetchSome({ fetch }, after = FRONT) {
  return fetchJobs(fetch, after, 'bench', limit, uuid, 'raw', [])
}

function complete({ ack }, rows) {
  return completeJobs(
    ack,
    rows.map(({ id }) => id),
    1,
    uuid,
  )
}

async function fetchAndAck(connections) {
  for (let after = FRONT; ;) {
    const rows = await fetchSome(connections, after)
    if (rows.length === 0 && after === FRONT) return
    if (rows.length > 0) await complete(connections, rows)
    after = goesOn && rows.length === limit ? rows.at(-1) : FRONT
  }
}

let draining

/** How long each of so many fetches took, in milliseconds. Nothing is acknowledged. */
async function fetchTimes({ count }) {
  const times = []
  while (times.length < count) {
    const startedAt = performance.now()
    const rows = await fetchSome(first)
    times.push(performance.now() - startedAt)
    if (rows.length < limit) throw new Error('there are too few jobs')
  }

  return times
}

const INSERT = `
  INSERT INTO oban_jobs (state, worker, queue, args, scheduled_at)
  VALUES ('available', 'Bench.Nothing', 'bench', $1::jsonb, timezone('UTC', now()))
  RETURNING id`

const INSERT_MANY = `
  INSERT INTO oban_jobs (state, worker, queue, args, scheduled_at)
  SELECT 'available', new.worker, new.queue, new.args, timezone('UTC', now())
    FROM jsonb_to_recordset($1::jsonb) AS new (worker text, queue text, args jsonb)
  RETURNING id`

function openPool(max) {
  const pool = new Pool({ ...connect, max })
  opened.push(pool)

  return pool
}

/** From the insert to the row in hand, of each job, in milliseconds. */
async function latency({ perSecond, count }) {
  const inserting = openPool(10)
  const announcing = openPool(1)
  const listening = new Client(connect)
  await listening.connect()
  await listening.query('LISTEN bench_insert')
  const times = []
  const acks = []
  let heard = 0
  let fetching
  let done
  const fetchAll = async () => {
    // What is announced while a fetch is under way is looked for after it.
    for (let looked = -1; looked !== heard;) {
      looked = heard
      const rows = await fetchSome(first)
      const now = process.hrtime.bigint()
      for (const { args } of rows) times.push(Number(now - BigInt(JSON.parse(args).at)) / 1e6)
      if (rows.length > 0) acks.push(complete(first, rows))
    }
    fetching = undefined
    if (times.length === count) done()
  }
  const all = new Promise((resolve) => {
    done = resolve
    listening.on('notification', () => {
      heard += 1
      fetching ??= fetchAll()
    })
  })
  let inserted = 0
  let announced
  // Within the inserts, commits would wait for each other: one connection tells of all that came meanwhile.
  const announceAll = async () => {
    for (let told = -1; told !== inserted;) {
      told = inserted
      await announcing.query('NOTIFY bench_insert')
    }
    announced = undefined
  }
  await atPace(perSecond, count, async () => {
    await inserting.query(INSERT, [JSON.stringify({ at: String(process.hrtime.bigint()) })])
    inserted += 1
    announced ??= announceAll()
  })
  await all
  await Promise.all(acks)
  await listening.end()

  return times
}

/** On a connection for each call under way. Resolves to how long it took, in milliseconds. */
async function enqueueOneByOne({ count, atOnce }) {
  const pool = openPool(atOnce)
  const startedAt = performance.now()
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await pool.query(INSERT, [JSON.stringify({ index: left })])
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))

  return performance.now() - startedAt
}

async function enqueueMany({ count, batch, pad }) {
  const pool = openPool(1)
  const startedAt = performance.now()
  for (let done = 0; done < count; done += batch) {
    const jobs = Array.from({ length: Math.min(batch, count - done) }, (_, index) => ({
      worker: 'Bench.Nothing',
      queue: 'bench',
      args: { index: done + index, pad },
    }))
    await pool.query(INSERT_MANY, [JSON.stringify(jobs)])
  }

  return performance.now() - startedAt
}

answer(
  {
    run: async () => {
      draining = Promise.all(loops.map(fetchAndAck))
    },
    rest: () => draining,
    usage: async () => usage(),
    fetchTimes,
    latency,
    enqueueOneByOne,
    enqueueMany,
  },
  async () => {
    await Promise.all(loops.map((connections) => connections.close()))
    await Promise.all(opened.map((each) => each.end()))
  },
)
