/** Finds files and fans out one `Digest` for each. */
import { statSync } from 'node:fs'
import { z } from 'zod'
import { defineWorker, Oban, record, type NewJobRequest } from '../../../index.ts'
import { walk, type Found } from '../walk.ts'
import { Digest } from './digest.ts'

/** Jobs inserted, and committed, at once: digesting begins while the scan goes on. */
const CHUNK = 1_000

export const scanResult = z.object({
  files: z.int().min(0),
  /** Links, sockets, pipes and devices. */
  skipped: z.int().min(0),
  /** Folders that could not be read. */
  unreadable: z.array(z.object({ path: z.string(), reason: z.string() })),
})

async function* findAll(roots: readonly string[], leaveOut: string): AsyncGenerator<Found> {
  for (const root of roots) {
    if (statSync(root, { throwIfNoEntry: false })?.isDirectory() === true) {
      yield* walk(root, leaveOut)
    } else {
      yield { kind: 'file', path: root }
    }
  }
}

export const Scan = defineWorker({
  name: 'Scan',
  // A second attempt would find the files of the first again.
  maxAttempts: 1,
  args: z.object({ roots: z.array(z.string()), leaveOut: z.string() }),

  async process({ args, tags }, { signal }) {
    const oban = Oban.get()
    // Roots may lie inside of each other.
    const seen = new Set<string>()
    const unreadable: z.infer<typeof scanResult>['unreadable'] = []
    let skipped = 0
    let chunk: NewJobRequest[] = []
    const insert = async () => {
      signal.throwIfAborted()
      await oban.enqueueMany(chunk)
      chunk = []
    }

    for await (const found of findAll(args.roots, args.leaveOut)) {
      const { kind, path } = found
      if (kind === 'skipped') skipped += 1
      if (kind === 'unreadable') unreadable.push({ path, reason: found.reason })
      if (kind !== 'file' || seen.has(path)) continue
      seen.add(path)
      chunk.push(Digest.new({ path }, { tags }))
      if (chunk.length === CHUNK) await insert()
    }
    await insert()

    return record({ files: seen.size, skipped, unreadable })
  },
})
