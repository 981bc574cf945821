/** What the default logger says about what starts and stops, and about queues that are set anew. */
import type { TelemetryEvent } from './events.ts'
import { count, millis, MOST_ITEMS, oneLine, type Words } from './words.ts'

type LifeEvent = TelemetryEvent<
  'caretaker.start' | 'instance.start' | 'instance.stop' | 'queue.change' | 'queue.shutdown'
>

export function lifeWords(event: LifeEvent): Words {
  switch (event.event) {
    case 'queue.shutdown':
      return shutdownWords(event)
    case 'instance.stop':
      return stopWords(event)
    case 'queue.change': {
      const { queue, limit, threads, paused } = event
      const fields = { queue: oneLine(queue), limit, threads, paused }
      const message = `queue ${queue} is ${paused ? 'paused' : 'running'} with a limit of ${limit}`

      return { level: 'info', message, subject: queue, fields }
    }
    case 'instance.start': {
      const { prefix, queues } = event
      const names = queues.slice(0, MOST_ITEMS).map(({ name }) => oneLine(name))
      const message = `starting with ${count(queues.length, 'queue')}`

      return { level: 'debug', message, fields: { prefix, queues: names } }
    }
    case 'caretaker.start':
    default: {
      const { caretaker } = event

      return { level: 'debug', message: `${caretaker} starts`, fields: { caretaker } }
    }
  }
}

function shutdownWords(event: TelemetryEvent<'queue.shutdown'>): Words {
  const { queue, orphaned, elapsedMs } = event
  const left = orphaned.length === 0 ? '' : ` with ${count(orphaned.length, 'job')} running`

  return {
    level: orphaned.length === 0 ? 'debug' : 'warn',
    message: `queue ${queue} stopped after ${millis(elapsedMs)}${left}`,
    subject: queue,
    fields: { queue: oneLine(queue), elapsed: elapsedMs, orphaned: orphaned.slice(0, MOST_ITEMS) },
  }
}

function stopWords({ elapsedMs, undelivered }: TelemetryEvent<'instance.stop'>): Words {
  const lost = `, and ${count(undelivered, 'result')} could not be stored: the jobs will run again`

  return {
    level: undelivered === 0 ? 'debug' : 'warn',
    message: `stopped after ${millis(elapsedMs)}${undelivered === 0 ? '' : lost}`,
    fields: { elapsed: elapsedMs, undelivered },
  }
}
