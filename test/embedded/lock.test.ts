import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withLock } from '../../src/embedded/lock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function startLock(): string {
  const folder = temporaryFolder()
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return join(folder, 'lock')
}

describe('lock', () => {
  test('is held by one at a time, also when all find it stale', async () => {
    const path = startLock()
    writeFileSync(path, `${process.pid} 1`)
    const holders: number[] = []
    const most: number[] = []
    const critical = async () => {
      most.push(holders.push(1))
      // Lets the others run, who must not come in.
      await new Promise((resolve) => setImmediate(resolve))
      holders.pop()
    }
    await Promise.all(Array.from({ length: 20 }, () => withLock(path, critical)))

    expect(most).toEqual(Array.from({ length: 20 }, () => 1))
    expect(existsSync(path)).toBe(false)
  })

  test('is released by a failure, which is passed on', async () => {
    const path = startLock()
    const failing = withLock(path, () => Promise.reject(new Error('broken')))

    await expect(failing).rejects.toThrow('broken')
    expect(await withLock(path, () => Promise.resolve('free'))).toBe('free')
  })
})
