/** Whether an embedded server that one command started has come into use by others meanwhile. */
import { setTimeout as pause } from 'node:timers/promises'
import { connectClient } from '../engine/client.ts'
import { countSessions } from '../engine/sessions.ts'

/** A session of ours that was closed a moment ago is still counted for some milliseconds. */
const LOOKS = 10
const LOOK_MS = 30

export async function isShared(url: string): Promise<boolean> {
  const client = await connectClient(url, { role: 'cli' })
  try {
    for (let look = 0; look < LOOKS; look += 1) {
      const [row] = await countSessions({ client, prefix: 'public', named: false })
      if (row?.sessions === '0') return false
      await pause(LOOK_MS)
    }

    return true
  } finally {
    await client.end()
  }
}
