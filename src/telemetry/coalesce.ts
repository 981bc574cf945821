/**
 * Bounds what an outage may log. Of each topic the first lines of a window pass at once, repetitions
 * are only counted, and one line with the count follows at the end of the window: at most 11 lines
 * in 10 seconds for each topic, however many events there are. Topics that come too many at a time, as
 * where each line names another queue, share one for each kind of event.
 */
import type { Clock } from '../clock.ts'
import type { Line } from './lines.ts'

const WINDOW_MS = 10_000

/** Topics with a window of their own at a time. */
const MOST_TOPICS = 50

/** Different lines of one topic that pass in one window; others are counted together. */
const MOST_GISTS = 5

export type LogClock = Pick<Clock, 'after' | 'now'>

interface Window {
  readonly gists: Map<string, { readonly line: Line; repeated: number }>
  readonly cancel: () => void
  last: Line
  others: number
}

export interface Coalescer {
  readonly write: (line: Line) => void
  /** End all windows at once: tell what is still only counted, and leave no timer. */
  readonly flush: () => void
}

export function coalescer(clock: LogClock, write: (line: Line) => void): Coalescer {
  const windows = new Map<string, Window>()

  const close = (topic: string, window: Window) => {
    windows.delete(topic)
    window.cancel()

    for (const { line, repeated } of window.gists.values()) {
      const times = repeated === 1 ? 'once more' : `${repeated} times`
      if (repeated > 0) write(summary(line, `${line.gist} … repeated ${times}`, repeated))
    }
    const { last, others } = window
    if (others > 0) write(summary(last, `${others} others, the last of them: ${last.gist}`, others))
  }

  const topicOf = ({ topic, fields }: Line): string =>
    windows.has(topic) || windows.size < MOST_TOPICS ? topic : String(fields['event'])

  const open = (topic: string, line: Line): Window => {
    const cancel = clock.after(WINDOW_MS, () => {
      const window = windows.get(topic)
      if (window !== undefined) close(topic, window)
    })
    const window = { gists: new Map(), cancel, last: line, others: 0 }
    windows.set(topic, window)

    return window
  }

  return {
    write: (line) => {
      const topic = topicOf(line)
      const window = windows.get(topic) ?? open(topic, line)
      const told = window.gists.get(line.gist)

      if (told !== undefined) {
        told.repeated += 1
      } else if (window.gists.size < MOST_GISTS) {
        window.gists.set(line.gist, { line, repeated: 0 })
        write(line)
      } else {
        window.others += 1
        window.last = line
      }
    },
    flush: () => {
      for (const [topic, window] of windows) close(topic, window)
    },
  }
}

function summary(line: Line, message: string, repeated: number): Line {
  return { ...line, isSummary: true, message, fields: { ...line.fields, repeated } }
}
