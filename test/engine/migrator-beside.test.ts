/** What the migrations of other languages do to a schema that we, or they, have made before. */
import { describe, expect, test } from 'vitest'
import { install, status } from '../../src/engine/migrator.ts'
import { python } from '../support/shared-schemas.ts'
import { createEmptyDatabase, describeCatalog } from './empty-database.ts'

const prefix = 'public'

async function startEmpty() {
  const client = await (await createEmptyDatabase()).connect()
  /** Elixir's migrations begin after the version in the table's comment, or at the first. */
  const elixirVersion = async () => {
    const { rows } = await client.query(
      `SELECT coalesce(obj_description('oban_jobs'::regclass), '0') AS version`,
    )

    return Number(rows[0].version)
  }

  return { client, elixirVersion }
}

function namesOf(lines: readonly string[], kind: string): string[] {
  return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' ')[1] ?? '')
}

/** The columns of the jobs table; its settings are part of each line, and become oban-py's. */
function columnsOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.startsWith('column oban_jobs.'))
    .map((line) => line.replace(/ \{.*=.*\}$/, ''))
}

describe('migrations of other languages', () => {
  test("Elixir's up to version 14 find nothing to do on our schema", async () => {
    const { client, elixirVersion } = await startEmpty()
    await install(client, { prefix })

    expect(await elixirVersion()).toBe(14)
  })

  test("oban-py's add to our schema tables and indexes, and change no column", async () => {
    const { client } = await startEmpty()
    await install(client, { prefix })
    const before = await describeCatalog(client)
    await python(client)
    const after = await describeCatalog(client)
    const added = after.filter((line) => !before.includes(line))

    expect(namesOf(added, 'index')).toEqual([
      'oban_jobs_cancelled_at_index',
      'oban_jobs_completed_at_index',
      'oban_jobs_discarded_at_index',
      'oban_leaders_pkey',
      'oban_producers_pkey',
    ])
    expect(namesOf(added, 'type')).toEqual([])
    expect(columnsOf(after)).toEqual(columnsOf(before))
    expect(await install(client, { prefix })).toEqual({ applied: [], warnings: [] })
    expect(await status(client, { prefix })).toMatchObject({ elixirVersion: 14, pending: [] })
  })

  test("oban-py's change nothing on a second run", async () => {
    const { client } = await startEmpty()
    await install(client, { prefix })
    await python(client)
    const before = await describeCatalog(client)
    await python(client)

    expect(await describeCatalog(client)).toEqual(before)
  })

  test("Elixir's begin at the first on Python's schema, and stop where a constraint is there", async () => {
    const { client, elixirVersion } = await startEmpty()
    await python(client)
    await install(client, { prefix })

    // We leave no comment on a table that is not ours: version 14 would claim oban_peers.
    expect(await elixirVersion()).toBe(0)
    const second = `ALTER TABLE oban_jobs ADD CONSTRAINT worker_length
      CHECK (char_length(worker) > 0 AND char_length(worker) < 128)`
    await expect(client.query(second)).rejects.toMatchObject({ code: '42710' })
    expect(await status(client, { prefix })).toMatchObject({ jobsTable: 'python', pending: [] })
  })
})
