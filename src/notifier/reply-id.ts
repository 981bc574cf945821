/** What a channel is named after on which somebody waits for answers. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'

/** A request has the id only: the whole name would let anybody have us send to any channel. */
export const replyIdSchema = z.string().regex(/^[0-9a-f]{8}$/)

/** An id that nobody else has. */
export function newReplyId(): string {
  return randomBytes(4).toString('hex')
}
