/** Worker modules that do not load, or take their time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

const fixture = (name: string): URL => new URL(`../fixtures/${name}`, import.meta.url)

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oban-modules-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })

  return folder
}

/** A file that no formatter can read. */
function moduleOf(text: string): string {
  const path = join(temporaryFolder(), 'module.js')
  writeFileSync(path, text)

  return path
}

function optionsFor(workers: ObanOptions['workers'], options: ObanOptions = {}): ObanOptions {
  return { database: database.url, workers, queues: { default: 2 }, ...options }
}

describe('a worker module', () => {
  test.each([
    ['throws', "throw new TypeError('at import')", 'TypeError', 'at import'],
    ['has a syntax error', 'export const = 1', 'SyntaxError', 'Unexpected token'],
  ])('that %s is reported, and the others work', async (_, text, name, message) => {
    const path = moduleOf(text)
    const { oban, told } = await startOban(optionsFor([path, fixture('odd-exports.js')]))
    const { id } = await oban.enqueue('Odd', {})
    await told.ended(id)

    const failed = told.all('module.failed')
    expect(failed.map(({ module }) => module)).toEqual([expect.stringContaining(path)])
    expect(failed[0]?.error).toMatchObject({ name, message: expect.stringContaining(message) })
  })

  test.each([
    ['ends the thread', 'process.exit(3)', 'ended the thread that loads it with exit code 1'],
    ['is in a loop', 'for (;;);', 'did not finish loading; all modules have 2500 ms'],
    ['waits for ever', 'await new Promise(() => {})', 'did not finish loading; all modules have'],
  ])('that %s is refused by its name', async (_, text, reason) => {
    const path = moduleOf(text)
    const modules = [fixture('odd-exports.js'), path, fixture('slow.js')]
    const threadOptions = { bootTimeout: { milliseconds: 2_500 } }
    const starting = makeOban(optionsFor(modules, { threadOptions })).oban.start()

    await expect(starting).rejects.toThrow(new RegExp(`workers: file:.*${path} ${reason}`))
  })

  test('that waits for ever is refused for inline queues too', async () => {
    const path = moduleOf('await new Promise(() => {})')
    const queues = { default: { limit: 1, execution: 'inline' } } as const
    const threadOptions = { bootTimeout: { milliseconds: 100 } }
    const starting = makeOban(optionsFor([path], { queues, threadOptions })).oban.start()

    await expect(starting).rejects.toThrow(`${path} did not finish loading`)
  })

  test('that is slow makes its jobs wait, and fails none', async () => {
    const { oban, told } = await startOban(optionsFor([fixture('slow.js')]))
    const { id } = await oban.enqueue('Slow', {})
    await told.ended(id)

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(told.all('thread.exit')).toEqual([])
  })

  test('that loads at the start and not in a thread is reported, and its jobs wait', async () => {
    const env = { MOODY_FLAG: join(temporaryFolder(), 'flag') }
    const { oban, told } = await startOban(
      optionsFor([fixture('moody.js'), fixture('odd-exports.js')], { threadOptions: { env } }),
    )
    expect(told.all('module.failed')).toEqual([])
    const moody = await oban.enqueue('Moody', {})
    const odd = await oban.enqueue('Odd', {})
    await told.ended(odd.id)
    const { module, error } = await told.until('module.failed')
    await told.until('worker.unknown')
    await oban.stop()

    expect(module).toBe(fixture('moody.js').href)
    expect(error).toMatchObject({ message: 'not twice' })
    expect(told.all('module.failed')).toHaveLength(1)
    expect(await database.query('SELECT attempt, state FROM oban_jobs WHERE id = $1', [moody.id]))
      // Not failed: another node may have it.
      .toEqual([{ attempt: 0, state: 'scheduled' }])
  })
})
