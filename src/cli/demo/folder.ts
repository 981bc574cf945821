/** Where the demo leaves its report and its e-mails. */
import { accessSync, constants } from 'node:fs'
import { mkdir, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openFolder } from '../../embedded/folder.ts'
import { isFileError } from './file-errors.ts'

export interface DemoFolder {
  /** Holds the server's files too; nothing for the demo to digest. */
  readonly home: string
  readonly report: string
  readonly outbox: string
}

async function make(home: string): Promise<DemoFolder> {
  const path = join(home, 'demo')
  const outbox = join(path, 'outbox')
  await mkdir(outbox, { recursive: true })
  for (const folder of [path, outbox]) accessSync(folder, constants.W_OK)
  await writeFile(join(path, '.gitignore'), '*\n')
  const real = await realpath(path)

  return { home: dirname(real), report: join(real, 'report.json'), outbox: join(real, 'outbox') }
}

/**
 * Make the folder: `.oban/demo` in the working folder or, where we may not write there, beside the
 * files of the embedded server.
 *
 * @param dataDir - of the embedded server, if one is used
 */
export async function demoFolder(
  dataDir: string | undefined,
  onLog: (line: string) => void,
): Promise<DemoFolder> {
  try {
    return await make('.oban')
  } catch (error) {
    if (!isFileError(error)) throw error

    return make(dataDir ?? (await openFolder(undefined, onLog)).path)
  }
}
