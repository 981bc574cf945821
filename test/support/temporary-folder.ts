import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder for one server. Root's lets the user pass that the server runs as. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'oban-test-'))
  if (process.getuid?.() === 0) chmodSync(path, 0o711)

  return path
}
