/** Tells how far a command is: with a moving line on a terminal, with plain lines elsewhere. */
import type { Paint } from './paint.ts'

export interface Progress {
  /** What goes on now; replaces what was told before. */
  update(text: string): void
  /** Something is done: a line that stays. */
  done(text: string): void
  /** Something that should be noticed: a line that stays. */
  warn(text: string): void
  /** Take the moving line away. */
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
    warn: (text) => {
      print(`! ${text}`)
    },
    stop: () => {
      // Nothing moves.
    },
  }
}

/** A spinner. The library is loaded here alone: nobody else pays for it. */
async function terminalProgress(stream: NodeJS.WriteStream, paint: Paint): Promise<Progress> {
  const { default: ora } = await import('ora')
  // Left alone: reading standard input in raw mode would take Ctrl-C away from us.
  const spinner = ora({ stream, discardStdin: false, color: 'cyan' })
  const keep = (symbol: string) => (text: string) => {
    const { isSpinning, text: current } = spinner
    spinner.stopAndPersist({ symbol, text })
    if (isSpinning) spinner.start(current)
  }

  return {
    update: (text) => {
      spinner.text = text
      if (!spinner.isSpinning) spinner.start()
    },
    done: (text) => {
      spinner.stopAndPersist({ symbol: paint('green', '✔'), text })
    },
    warn: keep(paint('yellow', '!')),
    stop: () => {
      spinner.stop()
    },
  }
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream
  readonly print: (line: string) => void
  readonly paint: Paint
}

/** The one that suits the stream. */
export async function openProgress({ stream, print, paint }: ProgressOptions): Promise<Progress> {
  return stream.isTTY ? terminalProgress(stream, paint) : plainProgress(print)
}

/** `██████░░░░`: the done part of a whole, which may not be known yet. */
export function bar(done: number, total: number, width = 24): string {
  const filled = total === 0 ? 0 : Math.floor((width * Math.min(done, total)) / total)

  return '█'.repeat(filled) + '░'.repeat(width - filled)
}
