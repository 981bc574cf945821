/**
 * How messages travel over NOTIFY, as Oban for Elixir and Python write them. Anyone with access to the
 * database can send to these channels, so what is read is bounded.
 */
import { gunzipSync, gzipSync } from 'node:zlib'

/**
 * Largest payload after decompression, in bytes: PostgreSQL itself stops at 8,000 before it. No message
 * comes near it, and who sends thousands of the most compressed ones costs us what they unpack to.
 */
const MOST_READ_BYTES = 64 * 1024

/** Most levels of a message. Whoever walks through one recurses, and a stack ends at some thousand. */
const MOST_LEVELS = 100

/** What is longer is compressed, as Oban for Elixir does. */
const MOST_PLAIN_BYTES = 512

/** PostgreSQL refuses payloads of 8,000 bytes and more. */
export const MOST_BYTES = 7_999

/**
 * Write a message so that nodes of every language can read it: plain JSON when it is short, else gzip in
 * base64. Never behind `Z:`, as Elixir writes it: that ends the listener of oban-py for good.
 *
 * @throws {RangeError} when it is too large for a notification
 */
export function encode(message: object): string {
  const payload = encodeAny(message)
  if (payload.length <= MOST_BYTES) return payload

  throw new RangeError(
    `the message has ${payload.length} bytes when compressed; PostgreSQL takes ${MOST_BYTES}`,
  )
}

/** The same for whoever deals with a message that is too large. */
export function encodeAny(message: object): string {
  const plain = JSON.stringify(message)
  if (Buffer.byteLength(plain) <= MOST_PLAIN_BYTES) return plain

  return gzipSync(plain).toString('base64')
}

/**
 * Read a payload in any of the three encodings: plain, `Z:` and base64 of gzip, and bare base64 of
 * gzip. Undefined when it is none of them, or too large, or too deep.
 */
export function decode(payload: string): unknown {
  try {
    if (payload.startsWith('{')) return parse(payload)
    const base64 = payload.startsWith('Z:') ? payload.slice(2) : payload
    const bytes = gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: MOST_READ_BYTES })

    return parse(bytes.toString('utf8'))
  } catch {
    // Neither JSON nor gzip, or too large: somebody else's, or somebody's attempt.
    return undefined
  }
}

function parse(text: string): unknown {
  const message: unknown = JSON.parse(text)

  return isDeeper(message, MOST_LEVELS) ? undefined : message
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false

  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1))
}
