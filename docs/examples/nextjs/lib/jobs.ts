/** What the routes enqueue. The code that does it, and what that imports, is not in their bundle. */
import { defineJob } from 'oban-ts'
import { z } from 'zod'

export const Welcome = defineJob({
  name: 'Welcome',
  queue: 'mail',
  maxAttempts: 5,
  timeout: { seconds: 30 },
  args: z.object({ account: z.int(), email: z.email() }),
})
