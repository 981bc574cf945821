/** The messages that this node understands. Anyone can send any, so each is validated. */
import { z } from 'zod'
import { decode } from './encoding.ts'

const inserted = z.object({ queue: z.string() })

const signal = z.object({ action: z.literal('pkill'), job_id: z.int().positive() })

const resigned = z.object({ action: z.literal('resign'), name: z.string() })

export type InsertedPayload = z.infer<typeof inserted>
export type SignalPayload = z.infer<typeof signal>
export type ResignedPayload = z.infer<typeof resigned>

function parser<Payload>(schema: z.ZodType<Payload>) {
  return (payload: string): Payload | undefined => schema.safeParse(decode(payload)).data
}

/** A queue has new jobs; undefined when the payload is not one of these. */
export const parseInserted = parser<InsertedPayload>(inserted)

/** A command to the nodes; undefined when it is not one that we know. */
export const parseSignal = parser<SignalPayload>(signal)

/** The leader of an instance has made its place free; undefined when the payload is not that. */
export const parseResigned = parser<ResignedPayload>(resigned)
