/** What becomes of notifications: who is told is looked up by name for each. */
import type { ClientConfig } from 'pg'
import type { NotifierInput } from '../../actors/notifier.ts'
import { channelName, type Channel } from '../../channels.ts'
import { parseRequest } from '../../notifier/answers.ts'
import { decode } from '../../notifier/encoding.ts'
import { parseWish } from '../../notifier/endings.ts'
import { PooledError } from '../../notifier/lent.ts'
import { Floodgate } from '../../notifier/floodgate.ts'
import { listenHere } from '../../notifier/listen-here.ts'
import { listen } from '../../notifier/listen.ts'
import { parseInserted, parsePing, parseResigned } from '../../notifier/payload.ts'
import { isFor, parseOwnSignal, parseSignal } from '../../notifier/signal.ts'
import type { ObanSignal, OwnSignal } from '../../notifier/signal.ts'
import { aspectOf } from '../../protocol/sent-signals.ts'
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
    const floodgate = new Floodgate(runtime.clock)
    const means = { runtime, answerer, floodgate }
    const options = {
      channels: [...subjects.keys()],
      onNotification: (channel: string, payload: string) => {
        take(means, subjects.get(channel), decode(payload))
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
      floodgate.close()
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

/** With what a session heeds what it hears. */
interface Means {
  readonly runtime: Runtime
  readonly answerer: Portraitist
  readonly floodgate: Floodgate
}

/** Others may say what only they understand, and anybody may say anything: it is counted. */
function take(means: Means, subject: Channel | undefined, message: unknown): void {
  const { runtime } = means
  if (!isFor(message, identOf(runtime.config))) return
  if (message === undefined || !isUnderstood(means, subject, message)) {
    runtime.tell('notifier', { type: 'payload.ignored' })
  }
}

function isUnderstood(means: Means, subject: Channel | undefined, message: unknown): boolean {
  const { runtime } = means
  if (subject === 'insert') return heedInsert(runtime, message)
  if (subject === 'sonar') return heedPing(runtime, message)

  return isEcho(runtime, message) || heed(means, subject, message)
}

function isEcho({ clock, sentSignals }: Runtime, message: unknown): boolean {
  // To write it out costs as much as to read it, and mostly nothing is awaited.
  return sentSignals.size > 0 && sentSignals.isEcho(JSON.stringify(message), clock.monotonicMs())
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
function heed(means: Means, subject: Channel | undefined, message: unknown): boolean {
  const { runtime, answerer, floodgate } = means
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
  if (signal) return heedSignal(means, signal)

  return subject === 'ts' && heedResignation(runtime, message, floodgate)
}

/** Not bounded where jobs are cancelled: somebody may cancel ten thousand that run, and mean it. */
function heedSignal({ floodgate, runtime }: Means, signal: ObanSignal | OwnSignal): boolean {
  if (signal.action !== 'pkill') {
    const subject = `${aspectOf(signal)} of ${signal.queue}`
    const place = runtime.sentSignals.hear()

    return floodgate.pass(subject, () => {
      obey(runtime, signal, place)
    })
  }
  obey(runtime, signal)

  return true
}

/** The leader has resigned: who is first takes its place. */
function heedResignation(
  { config, tell }: Runtime,
  message: unknown,
  floodgate: Floodgate,
): boolean {
  const resigned = parseResigned(message)
  if (resigned?.name !== config.name) return resigned !== undefined

  return floodgate.pass('resign', () => {
    tell('peer', { type: 'leader.vacant' })
  })
}
