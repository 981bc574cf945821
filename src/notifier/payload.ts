/**
 * What travels over NOTIFY, as Oban for Elixir and Python write it. Anyone with access to the database
 * can send to these channels, so a payload is bounded and validated, and otherwise ignored.
 */
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'

/** Largest payload after decompression, in bytes: PostgreSQL itself stops at 8,000 before it. */
const MAX_BYTES = 256 * 1024

const inserted = z.object({ queue: z.string() })

const signal = z.object({ action: z.literal('pkill'), job_id: z.int().positive() })

const resigned = z.object({ action: z.literal('resign'), name: z.string() })

export type InsertedPayload = z.infer<typeof inserted>
export type SignalPayload = z.infer<typeof signal>
export type ResignedPayload = z.infer<typeof resigned>

/**
 * Read the JSON of a payload in any of the three encodings: plain, `Z:` and base64 of gzip, and bare
 * base64 of gzip.
 */
function decode(payload: string): unknown {
  if (payload.startsWith('{')) return JSON.parse(payload)
  const base64 = payload.startsWith('Z:') ? payload.slice(2) : payload
  const bytes = gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: MAX_BYTES })

  return JSON.parse(bytes.toString('utf8'))
}

function parser<Payload>(schema: z.ZodType<Payload>) {
  return (payload: string): Payload | undefined => {
    try {
      return schema.safeParse(decode(payload)).data
    } catch {
      // Neither JSON nor gzip, or too large: somebody else's, or somebody's attempt.
      return undefined
    }
  }
}

/** A queue has new jobs; undefined when the payload is not one of these. */
export const parseInserted = parser<InsertedPayload>(inserted)

/** A command to the nodes; undefined when it is not one that we know. */
export const parseSignal = parser<SignalPayload>(signal)

/** The leader of an instance has made its place free; undefined when the payload is not that. */
export const parseResigned = parser<ResignedPayload>(resigned)
