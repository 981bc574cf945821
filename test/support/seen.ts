/** Waiting for what an instance shows, by looking at it with each thing that happens in its tree. */
import type { Oban } from '../../src/oban.ts'
import type { startTree } from './tree.ts'

/** Resolves when the look finds what it looks for. */
export function untilSeen(oban: Oban, look: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watcher = () => {
      // The observer is told before what it is told of is done.
      queueMicrotask(() => {
        if (!look()) return
        end()
        resolve()
      })
    }
    const end = oban.inspect(watcher)
    watcher()
  })
}

/** How many payloads the notifier of a tree could not read, and a wait for that number. */
export function ignoredBy({ runtime }: Awaited<ReturnType<typeof startTree>>) {
  const count = () => runtime.whereis('notifier')?.getSnapshot().context.public.ignored ?? 0

  return {
    count,
    reached: (expected: number): Promise<void> =>
      new Promise((resolve) => {
        const look = () => {
          if (count() >= expected) resolve()
        }
        runtime.whereis('notifier')?.subscribe(look)
        look()
      }),
  }
}
