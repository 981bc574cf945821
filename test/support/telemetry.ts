/** Waiting for what the library tells: tests neither sleep nor poll. */
import { attach } from '../../src/telemetry/channels.ts'
import type { EventName, TelemetryEvent } from '../../src/telemetry/events.ts'

type Test<Name extends EventName> = (event: TelemetryEvent<Name>) => boolean

export interface Listener {
  /** What was told of an instance so far, by the name of the event. */
  readonly all: <Name extends EventName>(name: Name) => TelemetryEvent<Name>[]
  /** The first event that passes, among those of the past as well. */
  readonly until: <Name extends EventName>(
    name: Name,
    test?: Test<Name>,
  ) => Promise<TelemetryEvent<Name>>
  /** Resolves when that many events of the name have been told. */
  readonly count: (name: EventName, count: number) => Promise<void>
  /** Resolves when what this node sends comes back to it, which the start alone does not mean. */
  readonly hears: () => Promise<void>
  /** Resolves when an attempt of the job has ended and the database knows it. */
  readonly ended: (id: number) => Promise<void>
  readonly detach: () => void
}

function isNamed<Name extends EventName>(
  name: Name,
  event: TelemetryEvent,
): event is TelemetryEvent<Name> & TelemetryEvent {
  return event.event === name
}

/** Keep everything that an instance tells from now on, or one of its nodes. */
export function listenTo(instance: string, node?: string): Listener {
  const events: TelemetryEvent[] = []
  const watchers = new Set<() => void>()
  const detach = attach('all', (event) => {
    if (event.instance !== instance || (node ?? event.node) !== event.node) return
    events.push(event)
    for (const watcher of watchers) watcher()
  })

  const all = <Name extends EventName>(name: Name): TelemetryEvent<Name>[] =>
    events.filter((event) => isNamed(name, event))

  function when<Value>(look: () => Value | undefined): Promise<Value> {
    return new Promise((resolve) => {
      const watcher = () => {
        const value = look()
        if (value === undefined) return
        watchers.delete(watcher)
        resolve(value)
      }
      watchers.add(watcher)
      watcher()
    })
  }

  return {
    all,
    until: (name, test = () => true) => when(() => all(name).find(test)),
    hears: async () => {
      await when(() => all('notifier.switch').find(({ status }) => status !== 'isolated'))
    },
    count: async (name, count) => {
      await when(() => (all(name).length >= count ? [] : undefined))
    },
    ended: async (id) => {
      await when(() =>
        [...all('job.stop'), ...all('job.exception')].find((event) => event.id === id),
      )
    },
    detach,
  }
}
