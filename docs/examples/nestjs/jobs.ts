/** What can be enqueued, for all modules; who executes it is a provider of one of them. */
import { defineJob } from 'oban-ts'
import { z } from 'zod'

export const Welcome = defineJob({
  name: 'Welcome',
  queue: 'mail',
  maxAttempts: 5,
  timeout: { seconds: 30 },
  args: z.object({ account: z.int(), email: z.email() }),
})
