/** Facts that nodes tell each other. Anyone can send any, so each is validated. */
import { z } from 'zod'

const inserted = z.object({ queue: z.string() })

const resigned = z.object({ action: z.literal('resign'), name: z.string() })

const ping = z.object({ node: z.string().min(1).max(255) })

export type InsertedMessage = z.infer<typeof inserted>
export type ResignedMessage = z.infer<typeof resigned>
export type PingMessage = z.infer<typeof ping>

/** A queue has new jobs; undefined when the message is not one of these. */
export function parseInserted(message: unknown): InsertedMessage | undefined {
  return inserted.safeParse(message).data
}

/** The leader of an instance has made its place free; undefined when the message is not that. */
export function parseResigned(message: unknown): ResignedMessage | undefined {
  return resigned.safeParse(message).data
}

/** A node lets the others know that it is there; undefined when the message is not that. */
export function parsePing(message: unknown): PingMessage | undefined {
  return ping.safeParse(message).data
}
