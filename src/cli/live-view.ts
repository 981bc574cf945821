/**
 * A view that is drawn again in place, on a terminal screen of its own. Whatever ends it, the cursor and
 * the screen that was there before come back.
 */
import { sizeOf } from './terminal-size.ts'
import { cutTo, widthOf } from './text-width.ts'

/** The part of standard output that is needed. */
interface Screen {
  readonly columns: number
  readonly rows: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** The part of standard input that is needed. */
interface Keyboard {
  readonly isTTY: boolean
  setRawMode(isRaw: boolean): unknown
  resume(): unknown
  pause(): unknown
  on(event: 'data', listener: (data: Buffer | string) => void): unknown
  off(event: 'data', listener: (data: Buffer | string) => void): unknown
}

export interface LiveViewOptions {
  readonly stdout: Screen
  readonly stdin: Keyboard
  /** The user has had enough: q, Escape or Ctrl-C. */
  readonly onQuit: () => void
  /** Any other key, as the terminal sends it; true keeps it from scrolling. */
  readonly onKey?: (key: string) => boolean
}

/** Lines, or what makes them for a screen of a size: asked again when that changes. */
export type Drawing =
  | readonly string[]
  | ((size: { readonly columns: number; readonly rows: number }) => readonly string[])

/** Another screen, no cursor, no wrapping of lines that are longer than we think. */
const ENTER = '\u001B[?1049h\u001B[?25l\u001B[?7l'
const LEAVE = '\u001B[?7h\u001B[?25h\u001B[?1049l'

/** Terminals that know these show a frame at once; others ignore them. */
const BEGIN = '\u001B[?2026h\u001B[H'
const END = '\u001B[?2026l'

/** Erases what the frame before has left below the last line, from the next line on. */
const ERASE_BELOW = '\u001B[E\u001B[J'

/** Erases what a longer line of the frame before has left. */
const ERASE = '\u001B[K'

/** In the last column the cursor stands on what was just written: erasing would take that away. */
function withErased(line: string, columns: number): string {
  return widthOf(line) < columns ? line + ERASE : line
}

/** A key as terminals send it; keys that are pressed fast come together. */
// oxlint-disable-next-line no-control-regex -- that is how keys begin that are no characters
const KEY = /\u001B\[\d*[A-Z~]|./gsu

const QUIT = new Set(['q', 'Q', '\u001B', '\u0003'])

/** Lines that a key scrolls by: arrows as in less, and pages. */
const SCROLL: Readonly<Record<string, number>> = {
  '\u001B[A': -1,
  k: -1,
  '\u001B[B': 1,
  j: 1,
  '\u001B[5~': -10,
  '\u001B[6~': 10,
  ' ': 10,
}

/** As much of the lines as the screen holds from `top` on, and a word about the others. */
export function frame(lines: readonly string[], top: number, rows: number): string[] {
  if (lines.length <= rows) return [...lines]
  const shown = lines.slice(top, top + rows - 1)
  const below = lines.length - top - shown.length
  const others = [
    ...(top > 0 ? [`${top} above`] : []),
    ...(below > 0 ? [`${below} more`] : []),
  ].join(', ')

  return [...shown, `… ${others} (↑ ↓)`]
}

export class LiveView {
  readonly #options: LiveViewOptions
  #drawing: Drawing = []
  #top = 0
  #phase: 'closed' | 'open' = 'open'

  constructor(options: LiveViewOptions) {
    this.#options = options
    const { stdin, stdout } = options
    stdout.write(ENTER)
    stdout.on('resize', this.#redraw)
    // Also when an error ends the process, which nobody has told us.
    process.once('exit', this.close)
    if (!stdin.isTTY) return
    stdin.setRawMode(true)
    stdin.on('data', this.#press)
    stdin.resume()
  }

  /** Show this, from now on. */
  draw(drawing: Drawing): void {
    this.#drawing = drawing
    this.#redraw()
  }

  /** Give the terminal back; harmless when called again. */
  readonly close = (): void => {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    const { stdin, stdout } = this.#options
    process.off('exit', this.close)
    stdout.off('resize', this.#redraw)
    if (stdin.isTTY) {
      stdin.off('data', this.#press)
      stdin.setRawMode(false)
      stdin.pause()
    }
    stdout.write(LEAVE)
  }

  readonly #redraw = (): void => {
    if (this.#phase === 'closed') return
    const { columns, rows } = sizeOf(this.#options.stdout)
    const drawing = this.#drawing
    const all = typeof drawing === 'function' ? drawing({ columns, rows }) : drawing
    const lowest = Math.max(0, all.length - rows + 1)
    this.#top = Math.min(this.#top, lowest)
    const lines = frame(all, this.#top, rows).map((line) => {
      return withErased(cutTo(line, columns), columns)
    })
    const below = lines.length < rows ? ERASE_BELOW : ''
    this.#options.stdout.write(`${BEGIN}${lines.join('\r\n')}${below}${END}`)
  }

  readonly #press = (data: Buffer | string): void => {
    const keys = String(data).match(KEY) ?? []
    if (keys.some((key) => QUIT.has(key))) return this.#options.onQuit()
    const { onKey } = this.#options
    for (const key of keys) {
      if (onKey?.(key) === true) continue
      this.#top = Math.max(0, this.#top + (SCROLL[key] ?? 0))
    }
    this.#redraw()
  }
}

/** Of the terminal that the command was started on. */
interface Viewing extends Pick<LiveViewOptions, 'onKey'> {
  /** Ends the view, as the user may too. */
  readonly signal: AbortSignal
}

/**
 * Work with a view of this terminal, which is given back however the work ends.
 *
 * @param work - is to end once its signal aborts: the one that was given, or the user has had enough
 */
export async function withLiveView(
  { signal, onKey }: Viewing,
  work: (view: LiveView, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const end = new AbortController()
  const { stdin, stdout } = process
  const onQuit = () => {
    end.abort()
  }
  const view = new LiveView({ stdin, stdout, onQuit, ...(onKey && { onKey }) })
  // A second signal ends the process without a word.
  signal.addEventListener('abort', view.close, { once: true })
  try {
    await work(view, AbortSignal.any([signal, end.signal]))
  } finally {
    view.close()
  }
}
