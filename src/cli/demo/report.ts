/** Collects what the `Digest` jobs recorded into one JSON file. */
import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { Job } from '../../job.ts'
import { fileDigest } from './digest-file.ts'

export interface Unreadable {
  readonly path: string
  readonly reason: string
}

export interface Totals {
  files: number
  bytes: number
  lines: number
  words: number
  gzipBytes: number
}

export interface Collected {
  readonly totals: Readonly<Totals>
  readonly unreadable: readonly Unreadable[]
}

export interface ReportInput {
  readonly run: string
  readonly roots: readonly string[]
  /** Folders that the scan could not read. */
  readonly unreadable: readonly Unreadable[]
  readonly digests: AsyncIterable<Job>
}

const digestArgs = z.object({ path: z.string() })

function reasonOf({ state, errors }: Job): string {
  return errors.at(-1)?.error.split('\n', 1).join('') ?? `the job is ${state}`
}

/** Never the whole report as one text: it may be about a hundred thousand files. */
async function* write({ run, roots, digests }: ReportInput, totals: Totals, failed: Unreadable[]) {
  yield `{\n"run": ${JSON.stringify(run)},\n"roots": ${JSON.stringify(roots)},\n"files": [`
  for await (const job of digests) {
    const { path } = digestArgs.parse(job.args)
    if (job.state !== 'completed') {
      failed.push({ path, reason: reasonOf(job) })
      continue
    }
    // It comes from a database, where anybody may have changed it.
    const digest = fileDigest.parse(job.recorded)
    yield `${totals.files === 0 ? '' : ','}\n${JSON.stringify({ path, ...digest })}`
    totals.files += 1
    totals.bytes += digest.bytes
    totals.lines += digest.lines
    totals.words += digest.words
    totals.gzipBytes += digest.gzipBytes
  }
  yield `\n],\n"unreadable": ${JSON.stringify(failed)},\n"totals": ${JSON.stringify(totals)}\n}\n`
}

/** Write the report; a reader finds the one before, or this one as a whole. */
export async function writeReport(file: string, input: ReportInput): Promise<Collected> {
  const totals: Totals = { files: 0, bytes: 0, lines: 0, words: 0, gzipBytes: 0 }
  const unreadable = [...input.unreadable]
  const draft = `${file}.${input.run}`
  await pipeline(write(input, totals, unreadable), createWriteStream(draft))
  await rename(draft, file)

  return { totals, unreadable }
}
