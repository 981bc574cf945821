// What a node holds of what it must give back: handles, threads, memory.
import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How long a node may take to come to rest, and how often it looks. */
const REST_MS = 20_000
const LOOK_MS = 500

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

let threads = 0

process.on('worker', (worker) => {
  threads += 1
  worker.on('exit', () => {
    threads -= 1
  })
})

function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

let first

function countBy(kinds) {
  const counts = {}
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1

  return counts
}

/** What the open descriptors are: `socket`, `pipe`, or the name of a file. */
function descriptors() {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).replace(/:\[\d+\]$/, '')
    } catch (error) {
      // The one that the list itself was read with.
      if (error.code === 'ENOENT') return []
      throw error
    }
  })
}

/** How many there are of each kind, and how much memory is in use. */
export function figures() {
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  const found = {
    handles: countBy(process.getActiveResourcesInfo()),
    files: countBy(descriptors()),
    threads,
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
  }
  first ??= found

  return found
}

/** The figures once no thread is left, or when that has taken too long. */
export async function rest() {
  const deadlineMs = performance.now() + REST_MS
  for (;;) {
    const found = figures()
    const isOver = found.threads <= first.threads && sum(found.files) <= sum(first.files)
    if (isOver || performance.now() > deadlineMs) return found
    await pause(LOOK_MS)
  }
}
