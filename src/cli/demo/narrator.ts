/** Tells what happens to the jobs of a run on this node, and what goes wrong beside them. */
import { attach } from '../../telemetry/channels.ts'
import type { TelemetryEvent } from '../../telemetry/events.ts'
import type { Progress } from '../progress.ts'
import { errorWords } from './error-words.ts'

export interface Narrator {
  /** Attempts that have ended on this node, of any job. */
  readonly ended: number
  dispose(): void
}

const EVENTS = [
  'job.stop',
  'job.exception',
  'module.failed',
  'query.failed',
  'supervisor.report',
  'thread.exit',
] as const

type Told = TelemetryEvent<(typeof EVENTS)[number]>

interface Line {
  /** `note` for what the report tells again, `warn` for what should not happen here. */
  readonly tell: 'note' | 'warn'
  readonly text: string
}

/** What deserves a line. */
function describe(event: Told, run: string): Line | undefined {
  switch (event.event) {
    case 'job.stop':
      return undefined
    case 'job.exception': {
      const { worker, attempt, maxAttempts, state, error, tags } = event
      const end = state === 'failure' ? 'failed and will be tried again' : 'failed for good'
      const text = `${worker} ${end}, attempt ${attempt} of ${maxAttempts}: ${errorWords(error)}`

      return tags.includes(run) ? { tell: 'note', text } : undefined
    }
    case 'thread.exit': {
      const { queue, thread, cause, error } = event
      const isOrderly = cause === 'idle' || cause === 'recycled' || cause === 'shutdown'
      const text = `thread ${thread} of queue ${queue} ended: ${errorWords(error)}`

      return isOrderly ? undefined : { tell: 'note', text }
    }
    case 'module.failed':
      return { tell: 'warn', text: `${event.module} does not load: ${errorWords(event.error)}` }
    case 'query.failed':
      return { tell: 'warn', text: `${event.source}: ${errorWords(event.error)}` }
    case 'supervisor.report':
      return { tell: 'warn', text: `${event.id}: ${event.kind} (${errorWords(event.error)})` }
    default:
      return event satisfies never
  }
}

export function narrate(run: string, progress: Progress): Narrator {
  let ended = 0
  const dispose = attach(EVENTS, (event) => {
    if (event.event === 'job.stop' || event.event === 'job.exception') ended += 1
    const line = describe(event, run)
    if (line) progress[line.tell](line.text)
  })

  return {
    get ended() {
      return ended
    },
    dispose,
  }
}
