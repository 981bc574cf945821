/** Works for a while beside jobs that end its thread, and comes to a result that can be checked. */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { defineWorker, record } from '../../../index.ts'

const STEP_MS = 100
const LINKS_PER_STEP = 200

export const bystanderArgs = z.object({ seed: z.string(), steps: z.int().min(1) })
export const bystanderResult = z.object({ seal: z.string() })

/** The hash of the hash of … a seed, for one step. */
function hashOn(link: string): string {
  let next = link
  for (let count = 0; count < LINKS_PER_STEP; count += 1) {
    next = createHash('sha256').update(next).digest('hex')
  }

  return next
}

/** What a bystander records, computed in one go. */
export function sealOf({ seed, steps }: z.infer<typeof bystanderArgs>): string {
  let link = seed
  for (let step = 0; step < steps; step += 1) link = hashOn(link)

  return link
}

export const Bystander = defineWorker({
  name: 'Chaos.Bystander',
  queue: 'chaos',
  // An attempt that it had to pay for would be its last.
  maxAttempts: 1,
  args: bystanderArgs,
  async process({ args }) {
    const { seed, steps } = args
    let seal = seed
    for (let step = 0; step < steps; step += 1) {
      seal = hashOn(seal)
      await pause(STEP_MS)
    }

    return record({ seal })
  },
})
