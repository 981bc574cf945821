/**
 * Request and reply. XState drops a message to an actor that has ended, so a bare request could
 * wait for ever: this one ends with a reply, with the end of the actor, or with the timeout.
 */
import type { AnyActorRef } from 'xstate'
import { clampDelay } from './clock.ts'
import { CallDownError, CallTimeoutError } from './errors.ts'
import type { MessageOf } from './names.ts'

export interface CallOptions {
  /** Longest wait, in milliseconds of the actor's clock. Default: 5_000. */
  readonly timeoutMs?: number
}

/**
 * Send a message that carries a reply callback, and wait for the reply.
 *
 * @example
 * ```ts
 * const limit = await call<number, typeof queue>(queue, (reply) => ({ type: 'check', reply }))
 * ```
 *
 * @param message - makes the message; its first reply counts
 * @throws {CallTimeoutError} when no reply came in time
 * @throws {CallDownError} when the actor has ended, or ends before it replied
 * @see https://hexdocs.pm/elixir/GenServer.html#call/3
 */
export function call<Reply, Ref extends AnyActorRef = AnyActorRef>(
  target: Ref,
  message: (reply: (value: Reply) => void) => MessageOf<Ref>,
  { timeoutMs = 5000 }: CallOptions = {},
): Promise<Reply> {
  const { status, error } = target.getSnapshot()
  if (status !== 'active') return Promise.reject(new CallDownError(target.id, { cause: error }))
  const { _clock: clock } = target.system

  return new Promise<Reply>((resolve, reject) => {
    const down = (cause?: unknown) => finish(() => reject(new CallDownError(target.id, { cause })))
    const request = message((value) => finish(() => resolve(value)))
    const monitor = target.subscribe({ complete: () => down(), error: down })
    const timer: unknown = clock.setTimeout(() => {
      finish(() => reject(new CallTimeoutError(target.id, timeoutMs)))
    }, clampDelay(timeoutMs))

    function finish(settle: () => void): void {
      clock.clearTimeout(timer)
      monitor.unsubscribe()
      settle()
    }

    target.send(request)
  })
}
