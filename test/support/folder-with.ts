import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder with one file in it, for one test. */
export function folderWith(file: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'oban-folder-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  writeFileSync(join(folder, file), text)

  return folder
}
