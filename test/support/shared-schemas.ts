/** Databases as three implementations leave them, in the orders in which they may have come. */
import type { Client } from 'pg'
import { install } from '../../src/engine/migrator.ts'
import { createEmptyDatabase, loadFixture } from '../engine/empty-database.ts'

type Edit = (sql: string) => string

const ours = async (client: Client) => {
  await install(client, { prefix: 'public' })
}

const elixir = (edit?: Edit) => (client: Client) =>
  loadFixture(client, 'schema_elixir', edit && { edit })

/** What the install of oban-py does, on whatever is there. */
export async function python(client: Client): Promise<void> {
  await loadFixture(client, 'schema_python')
  await loadFixture(client, 'schema_python_tables')
}

/** A database that began with Elixir's first versions: another order of states, another type of tags. */
const upgraded: Edit = (sql) =>
  sql
    .replace(/AS ENUM \([^)]*\)/, () => {
      const states = ['available', 'scheduled', 'executing', 'retryable', 'completed', 'discarded']

      return `AS ENUM ('${['cancelled', 'suspended', ...states].join("', '")}')`
    })
    .replace("tags text[] DEFAULT '{}'", "tags varchar(255)[] DEFAULT '{}'")

/** A schema before `suspended`: version 11 is the oldest that we work with. */
const old: Edit = (sql) => sql.replace("'suspended', ", '').replace("'14'", "'11'")

/** What main has beyond version 14, as its migration makes it: it starts at the comment's version. */
async function version15(client: Client): Promise<void> {
  const { rows } = await client.query(
    "SELECT coalesce(obj_description('oban_jobs'::regclass), '0')::integer AS version",
  )
  if (rows[0].version !== 14) throw new Error(`it would begin at version ${rows[0].version}`)
  await client.query(`
    CREATE INDEX IF NOT EXISTS oban_jobs_staging_idx ON oban_jobs (scheduled_at, id)
     WHERE state IN ('scheduled', 'retryable');
    COMMENT ON TABLE oban_jobs IS '15'`)
}

interface Origin {
  readonly who: string
  /** The steps, one after the other. */
  readonly steps: readonly ((client: Client) => Promise<void>)[]
  /** Columns that Elixir leaves NULL where its schema lets it. */
  readonly hasNulls: boolean
  readonly hasSuspended: boolean
}

export const origins: readonly Origin[] = [
  { who: 'us', steps: [ours], hasNulls: true, hasSuspended: true },
  { who: 'Elixir, then us', steps: [elixir(), ours], hasNulls: true, hasSuspended: true },
  {
    who: 'old versions of Elixir, then us',
    steps: [elixir(upgraded), ours],
    hasNulls: true,
    hasSuspended: true,
  },
  {
    who: 'version 11 of Elixir, then us',
    steps: [elixir(old), ours],
    hasNulls: true,
    hasSuspended: false,
  },
  { who: 'oban-py, then us', steps: [python, ours], hasNulls: false, hasSuspended: true },
  {
    who: 'Elixir, oban-py, then us',
    steps: [elixir(), python, ours],
    hasNulls: true,
    hasSuspended: true,
  },
  { who: 'us, then oban-py', steps: [ours, python], hasNulls: true, hasSuspended: true },
  {
    who: 'us, oban-py, then Elixir beyond version 14',
    steps: [ours, python, version15],
    hasNulls: true,
    hasSuspended: true,
  },
]

/** A database of the running test that was made in these steps. */
export async function createShared(steps: Origin['steps']) {
  const database = await createEmptyDatabase()
  const client = await database.connect()
  for (const step of steps) await step(client)

  return { url: database.url, client }
}
