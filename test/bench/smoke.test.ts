import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))

function bench(...args: readonly string[]) {
  return promisify(execFile)(process.execPath, ['--import', 'tsx', program, ...args])
}

describe('the command', () => {
  test('measures a case from beginning to end', async () => {
    const args =
      '--json --no-peers --rounds 1 --n 500 --case drain --limit 50 --threads 1 --bytes 100'
    const { stdout } = await bench(...args.split(' '))
    const outcomes: Array<Record<string, unknown>> = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

    expect(outcomes[0]).toMatchObject({
      case: 'drain/threads-1/limit-50',
      against: 'raw SQL, batches of 50',
      unit: 'jobs/s',
      n: 500,
    })
    expect(outcomes[0]?.['ratio']).toBeGreaterThan(0)
    expect(outcomes.map(({ unit }) => unit)).toContain('us of the main thread')
  }, 120_000)

  test('ends soon when a terminal tells everybody to', async () => {
    const args = '--no-peers --rounds 1 --case drain --limit 1'.split(' ')
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(child, 'exit')
    const errors = child.stderr.setEncoding('utf8').toArray()
    // It says where it runs once its server is up; drains of single jobs take minutes.
    await once(child.stdout, 'data')
    child.stdout.resume()
    if (child.pid === undefined) throw new Error('the bench did not start')
    process.kill(-child.pid, 'SIGINT')

    expect(await ended).toEqual([1, null])
    expect((await errors).join('')).toBe('bench: ended by SIGINT\n')
  }, 60_000)

  test.each([
    [
      '--case',
      'drian',
      'no case is named drian or drian/…; --list without --case prints the names',
    ],
    ['--n', 'x', '--n: expected a whole number'],
  ])('ends with 2 for %s %s', async (option, value, message) => {
    await expect(bench(option, value)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    })
  })
})
