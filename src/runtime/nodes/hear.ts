/** What becomes of notifications: who is told is looked up by name for each. */
import type { ClientConfig } from 'pg'
import type { NotifierInput } from '../../actors/notifier.ts'
import { channelName, type Channel } from '../../channels.ts'
import { parseRequest } from '../../notifier/answers.ts'
import { decode } from '../../notifier/encoding.ts'
import { parseWish } from '../../notifier/endings.ts'
import { PooledError } from '../../notifier/lent.ts'
import { listenHere } from '../../notifier/listen-here.ts'
import { listen } from '../../notifier/listen.ts'
import { parseInserted, parsePing, parseResigned } from '../../notifier/payload.ts'
import { isFor, parseOwnSignal, parseSignal } from '../../notifier/signal.ts'
import { identOf } from '../../queue-command.ts'
import { obey } from './obey.ts'
import { portraitist, type Portraitist } from './portrait.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'
import { wake } from '../wake.ts'

/** What a node listens to. */
const HEARD = ['insert', 'signal', 'sonar', 'ts'] as const satisfies readonly Channel[]

export function notifierInput(runtime: Runtime, connect: ClientConfig): NotifierInput {
  const { config, faults, origin, outlet } = runtime
  const { exchange } = outlet
  const subjects = new Map(HEARD.map((subject) => [channelName(config.prefix, subject), subject]))
  const session = async (abort: AbortSignal, onUp: () => void): Promise<never> => {
    const answerer = portraitist(runtime)
    const options = {
      channels: [...subjects.keys()],
      onNotification: (channel: string, payload: string) => {
        take(runtime, subjects.get(channel), decode(payload), answerer)
      },
      onUp,
      signal: abort,
    }
    try {
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
      faults.clear('notifier')
      runtime.tell('sonar', { type: 'session.up' })
      // What was announced while nobody listened.
      runtime.tell('stager', { type: 'stage.now' })
      runtime.tell('peer', { type: 'leader.vacant' })
    },
    onDown: (error) => {
      runtime.sentSignals.clear()
      faults.note('notifier', error)
      runtime.tell('sonar', { type: 'session.lost' })
      reportFailure(origin, 'notifier', error)
    },
    isPooled: (error) => error instanceof PooledError,
  }
}

/** Others may say what only they understand, and anybody may say anything: it is counted. */
function take(
  runtime: Runtime,
  subject: Channel | undefined,
  message: unknown,
  answerer: Portraitist,
): void {
  if (!isFor(message, identOf(runtime.config))) return
  if (message === undefined || !isUnderstood(runtime, subject, message, answerer)) {
    runtime.tell('notifier', { type: 'payload.ignored' })
  }
}

function isUnderstood(
  runtime: Runtime,
  subject: Channel | undefined,
  message: unknown,
  answerer: Portraitist,
): boolean {
  if (subject === 'insert') return heedInsert(runtime, message)
  if (subject === 'sonar') return heedPing(runtime, message)

  return isEcho(runtime, message) || heed(runtime, subject, message, answerer)
}

function isEcho({ clock, sentSignals }: Runtime, message: unknown): boolean {
  return sentSignals.isEcho(JSON.stringify(message), clock.monotonicMs())
}

/** A queue has new jobs. */
function heedInsert(runtime: Runtime, message: unknown): boolean {
  const inserted = parseInserted(message)
  if (inserted) wake(runtime, [inserted.queue])

  return inserted !== undefined
}

/** A node has pinged. */
function heedPing({ tell }: Runtime, message: unknown): boolean {
  const ping = parsePing(message)
  if (ping) tell('sonar', { type: 'ping.heard', node: ping.node })

  return ping !== undefined
}

/** Somebody asks something of queues and jobs, of this node, or of nodes of ours. */
function heed(
  runtime: Runtime,
  subject: Channel | undefined,
  message: unknown,
  answerer: Portraitist,
): boolean {
  const request = subject === 'ts' ? parseRequest(message) : undefined
  if (request) {
    answerer.ask(request)

    return true
  }
  const wish = subject === 'ts' ? parseWish(message) : undefined
  if (wish) {
    runtime.awaited.note(wish.reply, wish.ids, runtime.clock.monotonicMs())

    return true
  }
  const signal = subject === 'ts' ? parseOwnSignal(message) : parseSignal(message)
  if (signal) obey(runtime, signal)

  return signal !== undefined || (subject === 'ts' && heedResignation(runtime, message))
}

/** The leader has resigned: who is first takes its place. */
function heedResignation({ config, tell }: Runtime, message: unknown): boolean {
  const resigned = parseResigned(message)
  if (resigned?.name === config.name) tell('peer', { type: 'leader.vacant' })

  return resigned !== undefined
}
