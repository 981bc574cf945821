/** What becomes of notifications: who is told is looked up by name for each. */
import type { ClientConfig } from 'pg'
import type { NotifierInput } from '../actors/notifier.ts'
import { channelName } from '../channels.ts'
import { listen } from '../notifier/listen.ts'
import { parseInserted, parseResigned, parseSignal } from '../notifier/payload.ts'
import { emit } from '../telemetry/channels.ts'
import { reportFailure } from './report.ts'
import type { Runtime } from './runtime.ts'
import { wake } from './wake.ts'

export function hear(runtime: Runtime, connect: ClientConfig): NotifierInput {
  const { config, faults, origin } = runtime
  const insert = channelName(config.prefix, 'insert')
  const signal = channelName(config.prefix, 'signal')
  const ours = channelName(config.prefix, 'ts')
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
    else if (channel === ours) follow(runtime, payload)
  }

  return {
    session: (abort, onUp) =>
      listen({ connect, channels: [insert, signal, ours], onNotification, onUp, signal: abort }),
    onUp: () => {
      show(true)
      faults.clear('notifier')
      // What was announced while nobody listened.
      runtime.tell('stager', { type: 'stage.now' })
      runtime.tell('peer', { type: 'leader.vacant' })
    },
    onDown: (error) => {
      show(false)
      faults.note('notifier', error)
      reportFailure(origin, 'notifier', error)
    },
  }
}

/** The queue of the payload, or none. */
function insertedInto(payload: string): string[] {
  const inserted = parseInserted(payload)

  return inserted === undefined ? [] : [inserted.queue]
}

/** The leader has resigned: who is first takes its place. */
function follow({ config, tell }: Runtime, payload: string): void {
  if (parseResigned(payload)?.name === config.name) tell('peer', { type: 'leader.vacant' })
}

/** A job was cancelled while it was executing, perhaps here. */
function obey({ tenures, pools }: Runtime, payload: string): void {
  const id = parseSignal(payload)?.job_id
  if (id === undefined) return
  for (const tenure of tenures) {
    for (const run of tenure.runs.values()) {
      if (run.job.id === String(id)) pools.get(tenure)?.abort(run, 'OBAN_CANCELLED')
    }
  }
}
