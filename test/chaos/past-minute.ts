/** The crontab inserts a job with each minute: none may come while nodes rest and stop, it would be left. */
import { setTimeout as pause } from 'node:timers/promises'

const MINUTE_MS = 60_000

/** How late the crontab may be. */
const INSERTED_WITHIN_MS = 3_000

/** How long nodes take to rest and stop. */
const STOPPED_WITHIN_MS = 10_000

/**
 * Wait until no minute turns for a while; what it has inserted is to be waited for afterwards.
 *
 * @param whileMs - how long nodes may rest and stop. Default: 10,000
 */
export async function pastMinute(
  whileMs: number = STOPPED_WITHIN_MS,
  signal?: AbortSignal,
): Promise<void> {
  const goneMs = Date.now() % MINUTE_MS
  const leftMs = MINUTE_MS - goneMs
  const waitMs = leftMs < whileMs ? leftMs + INSERTED_WITHIN_MS : INSERTED_WITHIN_MS - goneMs
  if (waitMs > 0) await pause(waitMs, undefined, signal && { signal })
}
