/** Digests one file, in a thread: reading, hashing and compressing would hold up the main one. */
import { z } from 'zod'
import { cancel, defineWorker, record } from '../../../index.ts'
import { digestFile } from '../digest-file.ts'
import { fileReason, isFileError } from '../file-errors.ts'

export const Digest = defineWorker({
  name: 'Digest',
  queue: 'files',
  maxAttempts: 3,
  args: z.object({ path: z.string() }),
  async process(job, { signal }) {
    const { path } = job.args
    try {
      return record(await digestFile(path, signal))
    } catch (error) {
      // A file that is gone, or not ours to read, will not be readable a minute later.
      if (isFileError(error)) return cancel(`cannot read ${path}: ${fileReason(error)}`)
      throw error
    }
  },
})
