/** Tells what happens to the jobs of a run on this node, and what goes wrong beside them. */
import { attach } from '../../telemetry/channels.ts'
import type { TelemetryEvent } from '../../telemetry/events.ts'
import type { Progress } from '../progress.ts'

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

/** The message alone: errors of jobs are told as stored, with name and stack. */
function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)

  return text
    .split('\n', 1)
    .join('')
    .replace(/^Error: /, '')
}

/** What deserves a line. */
function describe(event: Told, run: string): string | undefined {
  switch (event.event) {
    case 'job.stop':
      return undefined
    case 'job.exception': {
      const { worker, attempt, maxAttempts, state, error, tags } = event
      const end = state === 'failure' ? 'failed and will be tried again' : 'failed for good'

      return tags.includes(run)
        ? `${worker} ${end}, attempt ${attempt} of ${maxAttempts}: ${firstLine(error)}`
        : undefined
    }
    case 'module.failed':
      return `${event.module} does not load: ${firstLine(event.error)}`
    case 'query.failed':
      return `${event.source}: ${firstLine(event.error)}`
    case 'supervisor.report':
      return `${event.id}: ${event.kind} (${firstLine(event.error)})`
    case 'thread.exit':
      return event.cause === 'crash' || event.cause === 'timeout'
        ? `thread ${event.thread} of queue ${event.queue} ended: ${firstLine(event.error)}`
        : undefined
    default:
      return event satisfies never
  }
}

export function narrate(run: string, progress: Progress): Narrator {
  let ended = 0
  const dispose = attach(EVENTS, (event) => {
    if (event.event === 'job.stop' || event.event === 'job.exception') ended += 1
    const line = describe(event, run)
    if (line !== undefined) progress.warn(line)
  })

  return {
    get ended() {
      return ended
    },
    dispose,
  }
}
