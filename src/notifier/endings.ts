/**
 * How a program hears that a job has ended which another one runs. It tells the nodes, over the channel
 * `<prefix>.oban_ts`, which ids it waits for and where it listens; the node that has stored the end of
 * one says so there. Anyone can send to these channels, so both sides bound and validate what they read.
 */
import { z } from 'zod'
import { decode } from './encoding.ts'
import { replyIdSchema } from './reply-id.ts'

/** Ids in one payload: of the longest ones, 400 stay below the 8,000 bytes that PostgreSQL takes. */
const MOST_IDS = 400

const ids = z.array(z.int().positive()).max(MOST_IDS)

const wish = z.object({
  action: z.literal('await'),
  /** Names the channel to answer on. */
  reply: replyIdSchema,
  ids,
})

const ending = z.object({ ended: ids })

export type Wish = z.infer<typeof wish>

/** Who waits for which jobs; undefined when the message is not that. */
export function parseWish(message: unknown): Wish | undefined {
  return wish.safeParse(message).data
}

/** The ids of jobs that have ended; none when the payload is not about that. */
export function parseEnding(payload: string): readonly number[] {
  return ending.safeParse(decode(payload)).data?.ended ?? []
}

function chunks(all: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(all.length / MOST_IDS) }, (_, index) =>
    all.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  )
}

export function encodeWish(reply: string, wanted: readonly number[]): string[] {
  return chunks(wanted).map((some) => {
    return JSON.stringify({ action: 'await', reply, ids: some } satisfies Wish)
  })
}

export function encodeEnding(ended: readonly number[]): string[] {
  return chunks(ended).map((some) => JSON.stringify({ ended: some }))
}
