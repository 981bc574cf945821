/**
 * Signals: what an operator asks of queues on other nodes, in this language or another. On Oban's channel
 * are exactly Oban's keys, as one more makes a queue of Elixir crash; what only nodes of ours understand
 * goes over a channel of our own.
 */
import { z } from 'zod'
import type { Channel } from '../channels.ts'
import { MOST_BY_SIGNAL } from '../config/queue-schema.ts'
import { ANY, type QueueCommand } from '../queue-command.ts'

/** One message of a command. */
export interface Signal {
  readonly channel: Extract<Channel, 'signal' | 'ts'>
  readonly message: { readonly action: string; readonly queue: string; readonly ident: string }
}

/** The messages of a command, in the order in which they are to arrive. */
export function signalsOf(command: QueueCommand, ident: string): readonly Signal[] {
  const { queue } = command
  switch (command.action) {
    case 'pause':
    case 'resume':
    case 'stop': {
      const { action } = command

      return [{ channel: 'signal', message: { action, queue, ident } }]
    }
    case 'scale': {
      const { action, limit, threads } = command

      return [
        // The threads are checked against the limit, so that comes first.
        ...(limit === undefined ? [] : [oban({ action, queue, limit, ident })]),
        ...(threads === undefined ? [] : [ours({ action, queue, threads, ident })]),
      ]
    }
    case 'start':
    default: {
      const { action } = command
      const options =
        typeof command.options === 'number' ? { limit: command.options } : command.options

      return [ours({ action, queue, options, ident })]
    }
  }
}

function oban(message: Signal['message'] & { readonly limit: number }): Signal {
  return { channel: 'signal', message }
}

function ours(
  message: Signal['message'] & { readonly options?: object; readonly threads?: number },
): Signal {
  return { channel: 'ts', message }
}

const queue = z.string().min(1).max(127)
const limit = z.int().positive().max(MOST_BY_SIGNAL.limit)

/** Keys that we do not know are left out: `node`, `local_only`, and the limits of Oban Pro. */
const obans = z.discriminatedUnion('action', [
  z.object({ action: z.enum(['pause', 'resume', 'stop']), queue }),
  z.object({ action: z.literal('scale'), queue, limit: limit.optional() }),
  z.object({ action: z.literal('start'), queue, limit, paused: z.boolean().default(false) }),
  z.object({ action: z.literal('pkill'), job_id: z.int().positive() }),
])

const fromUs = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('scale'),
    queue,
    threads: z.int().positive().max(MOST_BY_SIGNAL.threads),
  }),
  // The options are checked as strictly as the configuration, where it is known what this node can run.
  z.object({ action: z.literal('start'), queue, options: z.record(z.string(), z.unknown()) }),
])

export type ObanSignal = z.infer<typeof obans>
export type OwnSignal = z.infer<typeof fromUs>

/** A signal of any language; undefined when the message is none that we know. */
export function parseSignal(message: unknown): ObanSignal | undefined {
  return obans.safeParse(message).data
}

/** A signal that only nodes of ours send; undefined when the message is none. */
export function parseOwnSignal(message: unknown): OwnSignal | undefined {
  return fromUs.safeParse(message).data
}

const addressed = z.object({ ident: z.unknown() })

/** Whether a message is for the node with this ident; one that names nobody is for all. */
export function isFor(message: unknown, ident: string): boolean {
  const named = addressed.safeParse(message).data?.ident

  return named === undefined || named === ANY || named === ident
}
