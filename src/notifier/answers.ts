/**
 * How somebody with access to the database looks at nodes that run elsewhere. A request goes over the
 * channel `<prefix>.oban_ts`; each node answers with its portrait on a channel that the asker alone
 * listens to, as JSON, gzip and base64, in parts that fit into notifications.
 *
 * Anyone can send to these channels, so both sides bound and validate what they read.
 */
import { promisify } from 'node:util'
import { gunzipSync, gzip } from 'node:zlib'
import { z } from 'zod'
import type { NodePortrait } from './portrait.ts'
import { portraitSchema } from './portrait-schema.ts'
import { newReplyId, replyIdSchema } from './reply-id.ts'

/** Characters of a part's data: PostgreSQL refuses payloads of 8,000 bytes and more. */
const PART_LENGTH = 7_400

/** Most parts of an answer, half a megabyte compressed: a tree of some thousand queues. */
const MOST_PARTS = 96

/** Largest portrait after decompression, in bytes. */
const MOST_BYTES = 32 * 1024 * 1024

/**
 * Answers that may be incomplete at a time. The parts of one come together, as they are sent in one
 * transaction: more than one is open only when somebody plays.
 */
const MOST_OPEN = 16

const request = z.object({
  action: z.literal('portrait'),
  /** Names the channel to answer on. */
  reply: replyIdSchema,
  /** Who is to answer. Default: every node. */
  node: z.string().max(127).optional(),
})

const part = z.object({
  answer: replyIdSchema,
  /** From 0. */
  part: z.int().nonnegative(),
  parts: z.int().positive().max(MOST_PARTS),
  data: z.base64().max(PART_LENGTH),
})

type Part = z.infer<typeof part>

/** Asks nodes for their portraits. */
export type PortraitRequest = z.infer<typeof request>

/** A request; undefined when the message is not one. */
export function parseRequest(message: unknown): PortraitRequest | undefined {
  return request.safeParse(message).data
}

function parse<Shape>(schema: z.ZodType<Shape>, payload: string): Shape | undefined {
  try {
    return schema.safeParse(JSON.parse(payload)).data
  } catch {
    // Not JSON: somebody else's, or somebody's attempt.
    return undefined
  }
}

const compress = promisify<string, Buffer>(gzip)

/**
 * The payloads of an answer.
 *
 * @throws {RangeError} when the portrait is too large to be sent
 */
export async function encodeAnswer(portrait: NodePortrait): Promise<string[]> {
  const text = (await compress(JSON.stringify(portrait))).toString('base64')
  const parts = Math.ceil(text.length / PART_LENGTH)
  if (parts > MOST_PARTS)
    throw new RangeError(`the portrait has ${parts} parts, above ${MOST_PARTS}`)
  const answer = newReplyId()

  return Array.from({ length: parts }, (_, index) => {
    const data = text.slice(index * PART_LENGTH, (index + 1) * PART_LENGTH)

    return JSON.stringify({ answer, part: index, parts, data } satisfies Part)
  })
}

/** Puts answers together again. */
export class Answers {
  readonly #open = new Map<string, Map<number, Part>>()
  #ignored = 0

  /** Payloads that were no part of an answer, and answers that could not be read. */
  get ignored(): number {
    return this.#ignored
  }

  /** Take a payload in; returns the portrait that it completes. */
  take(payload: string): NodePortrait | undefined {
    const taken = parse(part, payload)
    const parts = taken && this.#partsWith(taken)
    const portrait = parts?.size === taken?.parts ? parts && decode(parts) : undefined
    if (taken === undefined || (portrait === undefined && parts?.size === taken.parts)) {
      this.#ignored += 1
    }

    return portrait
  }

  /** The parts of the answer so far; an answer that is complete is not kept. */
  #partsWith(taken: Part): ReadonlyMap<number, Part> {
    const parts = this.#open.get(taken.answer) ?? new Map<number, Part>()
    parts.set(taken.part, taken)
    this.#open.set(taken.answer, parts)
    if (parts.size >= taken.parts) this.#open.delete(taken.answer)
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MOST_OPEN) break
      this.#open.delete(oldest)
      this.#ignored += 1
    }

    return parts
  }
}

function decode(parts: ReadonlyMap<number, Part>): NodePortrait | undefined {
  const inOrder = [...parts.values()].toSorted((a, b) => a.part - b.part)
  const bytes = Buffer.from(inOrder.map(({ data }) => data).join(''), 'base64')
  try {
    const text = gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8')

    return parse(portraitSchema, text)
  } catch {
    // No gzip, or too large.
    return undefined
  }
}
