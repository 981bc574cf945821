/** Tells how far a command is: with lines that are drawn in place on a terminal, with plain ones elsewhere. */
import type { Paint } from './paint.ts'
import { elapsed } from './quantity.ts'
import { sizeOf } from './terminal-size.ts'
import { cutTo } from './text-width.ts'

/** Lines for a terminal of so many columns. */
export type Draw = (columns: number) => readonly string[]

export interface Progress {
  /** What goes on now; replaces what was told before. */
  update(text: string): void
  /** Something is done: a line that stays. */
  done(text: string): void
  /** Something that should be noticed: a line that stays. */
  warn(text: string): void
  /** Something of interest while it is fresh: where lines move the last one is shown, with its age. */
  note(text: string): void
  /** What is shown below the moving line from now on, asked for at each drawing; nowhere else. */
  show(draw: Draw): void
  /** Take what moves away. */
  stop(): void
}

/** Least time between two plain lines about the same work. */
const QUIET_MS = 2_000

/** Lines for a log or a pipe. */
export function plainProgress(
  print: (line: string) => void,
  now: () => number = performance.now.bind(performance),
): Progress {
  let toldAtMs = now()
  const warn = (text: string) => {
    print(`! ${text}`)
  }

  return {
    update: (text) => {
      if (now() - toldAtMs < QUIET_MS) return
      toldAtMs = now()
      print(`  ${text}`)
    },
    done: (text) => {
      toldAtMs = now()
      print(`✔ ${text}`)
    },
    warn,
    note: warn,
    show: () => {
      // Nothing moves.
    },
    stop: () => {
      // The same.
    },
  }
}

/** Columns that are left free: the spinner and its spaces, and the `^C` that a terminal writes by itself. */
const MARGIN = 4

/** What moves on a terminal, below the line that turns. */
export interface Moving {
  readonly draw: Draw
  readonly note: { readonly text: string; readonly ageMs: number } | undefined
}

/** No line may wrap and none may leave the screen, or drawing in place would smear. */
export function movingLines(
  { draw, note }: Moving,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  paint: Paint,
): string[] {
  const width = Math.max(1, columns - MARGIN)
  const lines = draw(width).map((line) => `  ${line}`)
  if (note) {
    const age = paint('dim', `${elapsed(note.ageMs)} ago ·`)
    lines.push(`${paint('yellow', '!')} ${age} ${note.text}`)
  }

  return lines.slice(0, Math.max(0, rows - 2)).map((line) => cutTo(line, width))
}

const NOTHING: Draw = () => []

/** A spinner. The library is loaded here alone: nobody else pays for it. */
async function terminalProgress(stream: NodeJS.WriteStream, paint: Paint): Promise<Progress> {
  const { default: ora } = await import('ora')
  let headline = ''
  let draw = NOTHING
  let noted: { readonly text: string; readonly atMs: number } | undefined
  const below = (): string => {
    const note = noted && { text: noted.text, ageMs: performance.now() - noted.atMs }
    const lines = movingLines({ draw, note }, sizeOf(stream), paint)
    // A narrower window from now on.
    spinner.text = cutTo(headline, sizeOf(stream).columns - MARGIN)

    return lines.map((line) => `\n${line}`).join('')
  }
  // Left alone: reading standard input in raw mode would take Ctrl-C away from us.
  const spinner = ora({ stream, discardStdin: false, color: 'cyan', suffixText: below })
  const keep = (symbol: string) => (text: string) => {
    const { isSpinning } = spinner
    spinner.stopAndPersist({ symbol, text, suffixText: '' })
    if (isSpinning) spinner.start()
  }

  return {
    update: (text) => {
      headline = text
      if (!spinner.isSpinning) spinner.start(cutTo(text, sizeOf(stream).columns - MARGIN))
    },
    done: keep(paint('green', '✔')),
    warn: keep(paint('yellow', '!')),
    note: (text) => {
      noted = { text, atMs: performance.now() }
    },
    show: (shown) => {
      draw = shown
    },
    stop: () => {
      spinner.stop()
    },
  }
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
  readonly print: (line: string) => void
  readonly paint: Paint
}

/** The one that suits the stream. Builders give a terminal to what nobody watches. */
export async function openProgress({
  stream,
  env,
  print,
  paint,
}: ProgressOptions): Promise<Progress> {
  const isWatched = stream.isTTY && env['TERM'] !== 'dumb' && !('CI' in env)

  return isWatched ? terminalProgress(stream, paint) : plainProgress(print)
}

/** `██████░░░░`: the done part of a whole, which may not be known yet. */
export function bar(done: number, total: number, width = 24): string {
  const filled = total === 0 ? 0 : Math.floor((width * Math.min(done, total)) / total)

  return '█'.repeat(filled) + '░'.repeat(width - filled)
}
