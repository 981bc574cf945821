/** What the demo computes for each file, in one pass and with little memory, however large it is. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { z } from 'zod'

export const fileDigest = z.object({
  /** 64 hexadecimal digits. */
  sha256: z.string().length(64),
  bytes: z.int().min(0),
  /** Line feeds, as `wc -l` counts. */
  lines: z.int().min(0),
  /** Runs of bytes other than ASCII white space; of little meaning in binary files. */
  words: z.int().min(0),
  /** Size of the file compressed with gzip's default level. */
  gzipBytes: z.int().min(0),
})

export type FileDigest = z.infer<typeof fileDigest>

const CHUNK_BYTES = 64 * 1024
const LINE_FEED = 0x0a

/** Tab, line feed, vertical tab, form feed, carriage return, space. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}

/** Counts across chunks: a word may begin in one and end in the next. */
class TextCounter {
  bytes = 0
  lines = 0
  words = 0
  #inWord = false

  add(chunk: Buffer): void {
    this.bytes += chunk.length
    for (const byte of chunk) {
      if (isSpace(byte)) {
        if (byte === LINE_FEED) this.lines += 1
        this.#inWord = false
      } else if (!this.#inWord) {
        this.words += 1
        this.#inWord = true
      }
    }
  }
}

/**
 * Read a file to its end.
 *
 * @throws the error of the file system when it cannot be read, the signal's reason when aborted
 */
export async function digestFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  const hash = createHash('sha256')
  const text = new TextCounter()
  let gzipBytes = 0

  await pipeline(
    createReadStream(path, { highWaterMark: CHUNK_BYTES }),
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        text.add(chunk)
        yield chunk
      }
    },
    createGzip(),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) gzipBytes += chunk.length
    },
    { signal },
  )
  const { bytes, lines, words } = text

  return { sha256: hash.digest('hex'), bytes, lines, words, gzipBytes }
}
