import { Client } from 'pg'

/** Run one statement and return the values of the first column. */
export async function queryValues(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' })

    return rows.map(([value]) => value)
  } finally {
    await client.end()
  }
}
