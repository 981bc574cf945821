/**
 * A lock file that outlives nobody: it names its holder by process id and start time, so that a
 * holder that was killed is told from one that is at work.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedError } from '../database-errors.ts'
import { processStart } from './processes.ts'
import { readIfPresent } from './read-if-present.ts'

const pollMs = 25
/** Longer than a first start on a slow disk, which another process may be in the middle of. */
const waitMs = 120_000

/** Create the file with its content in one step: nobody ever reads half a lock. */
function create(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, content, { mode: 0o644, flag: 'wx' })
  try {
    linkSync(draft, path)

    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

async function isHeld(content: string): Promise<boolean> {
  const [pid, start] = content.split(' ')

  return (await processStart(Number(pid))) === start
}

/**
 * Remove the lock of a dead holder. Between our look and the removal another process may have removed
 * it too and taken the lock, hence the second look, under a lock of its own for these few calls.
 */
async function breakLock(path: string, stale: string, mine: string): Promise<void> {
  const breaking = `${path}.break`
  if (create(breaking, mine)) {
    if (readIfPresent(path) === stale) rmSync(path)
    rmSync(breaking)

    return
  }
  const breaker = readIfPresent(breaking)
  if (breaker !== undefined && !(await isHeld(breaker))) rmSync(breaking, { force: true })
}

async function acquire(path: string): Promise<void> {
  const mine = `${process.pid} ${(await processStart(process.pid)) ?? ''}`
  const deadline = performance.now() + waitMs
  while (!create(path, mine)) {
    const holder = readIfPresent(path)
    if (holder !== undefined && !(await isHeld(holder))) {
      await breakLock(path, holder, mine)
    } else if (performance.now() > deadline) {
      throw new EmbeddedError(
        `process ${holder?.split(' ')[0] ?? 'unknown'} has held ${path} for ${waitMs / 1000} s; ` +
          'stop it, or set DATABASE_URL to use a PostgreSQL of your own',
      )
    } else {
      await pause(pollMs)
    }
  }
}

/**
 * Run `critical` while no other process, nor another call in this one, runs theirs under `path`.
 *
 * @throws {EmbeddedError} when a living process keeps the lock for two minutes
 */
export async function withLock<Result>(
  path: string,
  critical: () => Promise<Result>,
): Promise<Result> {
  await acquire(path)
  try {
    return await critical()
  } finally {
    rmSync(path, { force: true })
  }
}
