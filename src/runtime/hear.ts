/** What becomes of notifications: who is told is looked up by name for each. */
import type { ClientConfig } from 'pg'
import type { NotifierInput } from '../actors/notifier.ts'
import { channelName } from '../channels.ts'
import { listen } from '../notifier/listen.ts'
import { parseInserted, parseSignal } from '../notifier/payload.ts'
import { emit } from '../telemetry/channels.ts'
import { abortRun } from './abort-run.ts'
import { reportFailure } from './report.ts'
import type { Runtime } from './runtime.ts'
import { wake } from './wake.ts'

export function hear(runtime: Runtime, connect: ClientConfig): NotifierInput {
  const { config, origin } = runtime
  const insert = channelName(config.prefix, 'insert')
  const signal = channelName(config.prefix, 'signal')
  let isConnected: boolean | undefined
  const show = (connected: boolean): void => {
    if (isConnected !== connected) {
      emit('notifier.switch', { ...origin, status: connected ? 'connected' : 'isolated' })
    }
    isConnected = connected
  }
  const onNotification = (channel: string, payload: string): void => {
    if (channel === insert) wake(runtime, insertedInto(payload))
    else if (channel === signal) obey(runtime, payload)
  }

  return {
    session: (abort, onUp) =>
      listen({ connect, channels: [insert, signal], onNotification, onUp, signal: abort }),
    onUp: () => {
      show(true)
      // What was announced while nobody listened.
      runtime.tell('stager', { type: 'stage.now' })
    },
    onDown: (error) => {
      show(false)
      reportFailure(origin, 'notifier', error)
    },
  }
}

/** The queue of the payload, or none. */
function insertedInto(payload: string): string[] {
  const inserted = parseInserted(payload)

  return inserted === undefined ? [] : [inserted.queue]
}

/** A job was cancelled while it was executing, perhaps here. */
function obey(runtime: Runtime, payload: string): void {
  const id = parseSignal(payload)?.job_id
  if (id === undefined) return
  for (const tenure of runtime.tenures) {
    for (const run of tenure.runs.values()) {
      if (run.job.id === String(id)) abortRun(runtime, run, 'OBAN_CANCELLED')
    }
  }
}
