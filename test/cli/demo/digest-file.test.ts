import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { digestFile } from '../../../src/cli/demo/digest-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'oban-digest-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function fileOf(content: string | Uint8Array): string {
  const path = join(folder, 'file')
  writeFileSync(path, content)

  return path
}

describe('digest of a file', () => {
  test('knows the sum of three letters', async () => {
    expect(await digestFile(fileOf('abc'))).toEqual({
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      bytes: 3,
      lines: 0,
      words: 1,
      gzipBytes: 23,
    })
  })

  test('knows the sum of nothing', async () => {
    expect(await digestFile(fileOf(''))).toEqual({
      sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      bytes: 0,
      lines: 0,
      words: 0,
      gzipBytes: 20,
    })
  })

  test.each([
    ['one\n', 1, 1],
    ['  one\ttwo\r\nthree\n\n four', 3, 4],
    ['äöü ß\n', 1, 2],
    [' \n\t\n', 2, 0],
  ])('counts the lines and words of %j', async (text, lines, words) => {
    expect(await digestFile(fileOf(text))).toMatchObject({ lines, words })
  })

  test('takes a large binary file in pieces, with words across their ends', async () => {
    const content = Buffer.alloc(
      1_000_003,
      Uint8Array.from({ length: 256 }, (_, byte) => byte),
    )

    expect(await digestFile(fileOf(content))).toEqual({
      sha256: createHash('sha256').update(content).digest('hex'),
      bytes: 1_000_003,
      lines: 3_907,
      // One at the start; then two begin with each turn of the bytes, the second one reaching into
      // the next turn, where the pieces end.
      words: 1 + 2 * 3_907,
      gzipBytes: gzipSync(content).length,
    })
  })

  test('fails with the reason of the file system', async () => {
    await expect(digestFile(join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(digestFile(folder)).rejects.toMatchObject({ code: 'EISDIR' })
  })

  test('ends when it is aborted', async () => {
    const aborted = AbortSignal.abort(new Error('stop'))

    await expect(digestFile(fileOf('abc'), aborted)).rejects.toMatchObject({ name: 'AbortError' })
  })
})
