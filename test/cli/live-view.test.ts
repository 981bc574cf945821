import { EventEmitter } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { frame, LiveView } from '../../src/cli/live-view.ts'

class FakeScreen extends EventEmitter {
  columns = 20
  rows = 4
  written = ''

  write(text: string): boolean {
    this.written += text

    return true
  }

  /** What was drawn since the last look, without what steers the terminal. */
  seen(): string[] {
    const lines = stripVTControlCharacters(this.written).split('\r\n')
    this.written = ''

    return lines
  }
}

class FakeKeyboard extends EventEmitter {
  readonly isTTY = true
  mode = 'cooked'

  setRawMode(isRaw: boolean): this {
    this.mode = isRaw ? 'raw' : 'cooked'

    return this
  }

  pause = (): this => this
  resume = (): this => this
}

function openView() {
  const [stdin, stdout] = [new FakeKeyboard(), new FakeScreen()]
  let quits = 0
  const view = new LiveView({
    stdin,
    stdout,
    onQuit: () => {
      quits += 1
    },
  })
  const press = (keys: string) => stdin.emit('data', Buffer.from(keys))

  return { press, quits: () => quits, stdin, stdout, view }
}

const ten = Array.from({ length: 10 }, (_, index) => `line ${index}`)

test('takes another screen, and gives the terminal back once', () => {
  const { stdin, stdout, view } = openView()
  expect(stdout.written).toBe('\u001B[?1049h\u001B[?25l\u001B[?7l')
  expect(stdin.mode).toBe('raw')
  stdout.written = ''
  view.close()
  view.close()

  expect(stdout.written).toBe('\u001B[?7h\u001B[?25h\u001B[?1049l')
  expect([stdin.mode, stdin.listenerCount('data'), stdout.listenerCount('resize')]).toEqual([
    'cooked',
    0,
    0,
  ])
  view.draw(['too late'])
  expect(stdout.written).not.toContain('too late')
})

test('gives the terminal back when an error ends the process', () => {
  const before = process.listenerCount('exit')
  const { view } = openView()
  expect(process.listeners('exit').at(-1)).toBe(view.close)
  view.close()
  expect(process.listenerCount('exit')).toBe(before)
})

test('draws in place what fits, and says how much does not', () => {
  const { stdout, view } = openView()
  stdout.seen()
  view.draw(['a', 'b'])
  expect(
    stdout.written.startsWith('\u001B[?2026h\u001B[Ha\u001B[K\r\nb\u001B[K\u001B[E\u001B[J'),
  ).toBe(true)
  expect(stdout.seen()).toEqual(['a', 'b'])
  view.draw(['a line that is wider than the screen', ...ten])
  expect(stdout.seen()).toEqual(['a line that is wide…', 'line 0', 'line 1', '… 8 more (↑ ↓)'])
})

test('draws again when the size changes', () => {
  const { stdout, view } = openView()
  view.draw(ten)
  stdout.seen()
  stdout.rows = 6
  stdout.columns = 4
  stdout.emit('resize')

  expect(stdout.seen()).toEqual(['lin…', 'lin…', 'lin…', 'lin…', 'lin…', '… 5…'])
})

test('scrolls by keys, also when they come together, and not beyond the ends', () => {
  const { press, stdout, view } = openView()
  view.draw(ten)
  stdout.seen()
  press('\u001B[B\u001B[B')
  expect(stdout.seen()).toEqual(['line 2', 'line 3', 'line 4', '… 2 above, 5 more (…'])
  press('\u001B[6~')
  expect(stdout.seen()).toEqual(['line 7', 'line 8', 'line 9', '… 7 above (↑ ↓)'])
  press('kkkkkkkkkkkk')
  expect(stdout.seen()[0]).toBe('line 0')
})

test.each(['q', '\u0003', '\u001B'])('is left by the key %j', (key) => {
  const { press, quits } = openView()
  press('x')
  expect(quits()).toBe(0)
  press(key)
  expect(quits()).toBe(1)
})

test('shows all lines when they fit exactly', () => {
  expect(frame(ten, 0, 10)).toEqual(ten)
  expect(frame(ten, 0, 9).at(-1)).toBe('… 2 more (↑ ↓)')
})

test('leaves the last column alone when a line fills it', () => {
  const { stdout, view } = openView()
  const full = 'x'.repeat(20)
  view.draw([full, 'short', full, full])

  expect(stdout.written).toContain(`${full}\r\nshort\u001B[K\r\n${full}\r\n${full}\u001B[?2026l`)
})

test('asks for lines again when the size changes', () => {
  const { stdout, view } = openView()
  view.draw(({ columns, rows }) => [`${columns}x${rows}`])
  stdout.seen()
  stdout.columns = 30
  stdout.emit('resize')

  expect(stdout.seen()).toEqual(['30x4'])
})

test('hands keys on, and scrolls by those that nobody wants', () => {
  const [stdin, stdout] = [new FakeKeyboard(), new FakeScreen()]
  const keys: string[] = []
  const view = new LiveView({
    stdin,
    stdout,
    onQuit: () => undefined,
    onKey: (key) => {
      keys.push(key)

      return key === 'p'
    },
  })
  view.draw(ten)
  stdout.seen()
  stdin.emit('data', Buffer.from('pj'))

  expect(keys).toEqual(['p', 'j'])
  expect(stdout.seen()[0]).toBe('line 1')
})
