/** What becomes of notifications: who is told is looked up by name for each. */
import type { ClientConfig } from 'pg'
import type { NotifierInput } from '../actors/notifier.ts'
import { channelName } from '../channels.ts'
import { parseRequest } from '../notifier/answers.ts'
import { listenHere } from '../notifier/listen-here.ts'
import { listen } from '../notifier/listen.ts'
import { parseInserted, parseResigned, parseSignal } from '../notifier/payload.ts'
import { emit } from '../telemetry/channels.ts'
import { abortRun } from './abort-run.ts'
import { portraitist, type Portraitist } from './portrait.ts'
import { reportFailure } from './report.ts'
import type { Runtime } from './runtime.ts'
import { wake } from './wake.ts'

export function hear(runtime: Runtime, connect: ClientConfig): NotifierInput {
  const { config, faults, origin, outlet } = runtime
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
  const session = async (abort: AbortSignal, onUp: () => void): Promise<never> => {
    const answerer = portraitist(runtime)
    const onNotification = (channel: string, payload: string): void => {
      if (channel === insert) look(runtime, payload)
      else if (channel === signal) obey(runtime, payload)
      else answer(runtime, answerer, payload)
    }
    try {
      const options = { channels: [insert, signal, ours], onNotification, onUp, signal: abort }
      const { exchange } = outlet

      return await (exchange
        ? listenHere({ exchange, ...options })
        : listen({ connect, ...options }))
    } finally {
      answerer.stop()
    }
  }

  return {
    session,
    now: runtime.clock.now,
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

/** Other nodes of ours say something, or somebody wants to look at this one. */
function answer(runtime: Runtime, answerer: Portraitist, payload: string): void {
  const request = parseRequest(payload)
  if (request) answerer.ask(request)
  else follow(runtime, payload)
}

/** A queue has new jobs. */
function look(runtime: Runtime, payload: string): void {
  const inserted = parseInserted(payload)
  if (inserted === undefined) ignore(runtime)
  else wake(runtime, [inserted.queue])
}

/** Others may say what only they understand, and anybody may say anything: it is counted. */
function ignore({ tell }: Runtime): void {
  tell('notifier', { type: 'payload.ignored' })
}

/** The leader has resigned: who is first takes its place. */
function follow(runtime: Runtime, payload: string): void {
  const { config, tell } = runtime
  const resigned = parseResigned(payload)
  if (resigned === undefined) ignore(runtime)
  else if (resigned.name === config.name) tell('peer', { type: 'leader.vacant' })
}

/** A job was cancelled while it was executing, perhaps here. */
function obey(runtime: Runtime, payload: string): void {
  const id = parseSignal(payload)?.job_id
  if (id === undefined) return ignore(runtime)
  for (const tenure of runtime.tenures) {
    for (const run of tenure.runs.values()) {
      if (run.job.id === String(id)) abortRun(runtime, run, 'OBAN_CANCELLED')
    }
  }
}
