import { describe, expect, test } from 'vitest'
import { startPool } from '../support/thread-pool.ts'

function startWriting() {
  const pool = startPool({ modules: ['console.js'] })
  const lines = () => pool.logged.items.map(({ line }) => line)

  return { ...pool, lines }
}

describe('the console of a thread', () => {
  test('writes lines with a level and the job', async () => {
    const { run, ended, lines } = startWriting()
    await ended(run('Write'))

    expect(lines().map(({ level, message }) => [level, message.split('\n')[0]])).toEqual([
      ['info', 'hello Ada { n: 1 }'],
      ['info', 'info'],
      ['debug', 'debug'],
      ['warn', 'warn'],
      ['error', 'TypeError: shown'],
      ['debug', 'Trace: where'],
      ['info', '{ deep: [Object] }'],
      ['info', '┌─────────┬───┐'],
      ['warn', 'Assertion failed: asserted'],
      ['info', 'counted: 1'],
      ['info', 'group'],
    ])
    const fields = { id: 1, queue: 'default', worker: 'Write' }
    expect(new Set(lines().map(({ via }) => via))).toEqual(new Set(['console']))
    expect(lines().map((line) => line.fields)).toEqual(lines().map(() => fields))
    expect(lines()[5]?.message).toContain('fixtures/console.js')
  })

  test('knows the job in timers and callbacks, also after its end', async () => {
    const { run, ended, logged, lines } = startWriting()
    await ended(run('Later'))
    await logged.until(({ line }) => line.message === 'after the end')

    expect(lines().map(({ message, fields }) => [message, fields['id']])).toEqual([
      ['microtask', 1],
      ['callback', 1],
      ['after the end', 1],
    ])
  })

  test('tells the jobs of one thread apart', async () => {
    const { claim, post, ended, lines } = startWriting()
    const runs = [claim('Later'), claim('Later')]
    post(...runs)
    await Promise.all(runs.map(ended))
    const callbacks = lines().filter(({ message }) => message === 'callback')

    expect(new Set(callbacks.map(({ fields }) => fields['id']))).toEqual(new Set([1, 2]))
  })

  test.each(['Spin', 'Exit'])('passes on the last line before the end: %s', async (worker) => {
    const { run, logged, stop } = startWriting()
    run(worker)
    const { line } = await logged.until(({ line: { message } }) => message === 'last words')
    await stop()

    expect(line.fields['worker']).toBe(worker)
  })

  test('leaves the console alone when it is told to', async () => {
    const { run, ended, logged } = startPool({ modules: ['console.js'], takesConsole: false })
    await ended(run('Later'))

    expect(logged.items).toEqual([])
  })

  test('takes 100,000 lines of a loop without gathering them', async () => {
    const { run, ended, lines } = startWriting()
    // The main thread is behind from the start.
    const flood = run('Flood', { lines: 100_000 })
    const { outcome } = await ended(flood)

    expect(outcome).toEqual({ kind: 'completed' })
    expect(lines()).toHaveLength(100_000)
    expect(lines().at(-1)?.message).toBe('line 99999')
  })
})
