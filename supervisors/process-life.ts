/**
 * The life of one process: what it holds, what waits for it, and how it lets go.
 *
 * Its methods take the snapshot of a transition and give back the next one. Everything that
 * happens outside a transition comes in as a signal of the process to itself.
 */
import type { AnyActorRef, EventObject } from 'xstate'
import type { ProcessSnapshot } from './process.ts'
import { reporterOf } from './report.ts'

/** What `start` may give back; each may be left out, return a promise, or throw. */
export interface ProcessHandlers<Message extends EventObject> {
  /** Handles a message. A throw or a rejection is a crash. */
  readonly onEvent?: (message: Message) => unknown
  /** Asked to stop: finish what is under way. The process ends when it returns or resolves. */
  readonly onShutdown?: (reason: string) => unknown
  /** Lets go of the resource. Runs exactly once, whatever ended the process. */
  readonly dispose?: () => unknown
}

type SignalType =
  | 'process.closed'
  | 'process.fail'
  | 'process.finish'
  | 'process.flush'
  | 'process.ready'
  | 'process.set'

type Apply<State> = (snapshot: ProcessSnapshot<State>) => ProcessSnapshot<State>

/** A message of a process to itself. The class tells it from any message of a user. */
export class ProcessSignal<State> {
  readonly type: SignalType
  readonly apply: Apply<State>

  constructor(type: SignalType, apply: Apply<State>) {
    this.type = type
    this.apply = apply
  }
}

/** Also of libraries that bring their own promises. */
export function isPromise<Value>(value: PromiseLike<Value> | Value): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value
}

export class ProcessLife<Message extends EventObject, State> {
  readonly #self: AnyActorRef
  readonly #logger: (...args: unknown[]) => void
  /** Made when somebody asks for the signal: it is a large part of what a process costs. */
  #controller: AbortController | undefined
  #handlers: ProcessHandlers<Message> = {}
  /** Messages that came before the process was ready, in order. */
  #inbox: Message[] = []
  #isClosed = false

  constructor(self: AnyActorRef, logger: (...args: unknown[]) => void) {
    this.#self = self
    this.#logger = logger
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isClosed) this.#controller.abort()

    return this.#controller.signal
  }

  tell(type: SignalType, apply: Apply<State>): void {
    this.#self.send(new ProcessSignal(type, apply))
  }

  /** `start` is through. Too late, what it acquired is let go at once. */
  started(handlers: ProcessHandlers<Message>): void {
    this.#handlers = handlers
    if (this.#isClosed) this.#release()
    else this.tell('process.ready', (snapshot) => this.#ready(snapshot))
  }

  receive(snapshot: ProcessSnapshot<State>, message: Message): ProcessSnapshot<State> {
    if (this.#isClosed) return snapshot
    // Behind messages that still wait, also a new one has to wait.
    if (snapshot.phase === 'starting' || this.#inbox.length > 0) this.#inbox.push(message)
    else this.#deliver(message)

    return snapshot
  }

  drain(snapshot: ProcessSnapshot<State>, reason: string): ProcessSnapshot<State> {
    if (snapshot.phase === 'draining') return snapshot
    // A start is called off: there is nothing to finish, and late resources are let go.
    if (snapshot.phase === 'starting') return this.finish(snapshot, undefined)
    const drained = this.#handlers.onShutdown?.(reason)
    if (!isPromise(drained)) return this.finish(snapshot, undefined)
    drained.then(
      () => this.tell('process.finish', (latest) => this.finish(latest, undefined)),
      (error: unknown) => this.failOrReport(error),
    )

    return { ...snapshot, phase: 'draining' }
  }

  /** End normally, once the resource is let go. */
  finish(snapshot: ProcessSnapshot<State>, output: unknown): ProcessSnapshot<State> {
    if (this.#isClosed) return snapshot
    this.#close()
    const released = this.#handlers.dispose?.()
    const done: Apply<State> = (latest) => ({ ...latest, status: 'done', output, error: undefined })
    if (!isPromise(released)) return done(snapshot)
    released.then(
      () => this.tell('process.closed', done),
      (error: unknown) => this.failOrReport(error),
    )

    return { ...snapshot, phase: 'draining' }
  }

  crash(snapshot: ProcessSnapshot<State>, error: unknown): ProcessSnapshot<State> {
    this.stop()

    return { ...snapshot, status: 'error', output: undefined, error }
  }

  /** Ended by force: nothing is waited for. */
  stop(): void {
    if (this.#isClosed) return
    this.#close()
    this.#release()
  }

  /** Crash; after the end, when there is nobody left to crash, tell the supervisor. */
  failOrReport(error: unknown): void {
    if (this.#self.getSnapshot().status === 'active') {
      this.tell('process.fail', (snapshot) => this.crash(snapshot, error))
    } else {
      this.#report(error)
    }
  }

  #ready(snapshot: ProcessSnapshot<State>): ProcessSnapshot<State> {
    // Readiness is published first: a message that crashes the process is no failed start.
    if (this.#inbox.length > 0) this.tell('process.flush', (latest) => this.#flush(latest))

    return { ...snapshot, phase: 'ready' }
  }

  #flush(snapshot: ProcessSnapshot<State>): ProcessSnapshot<State> {
    for (const message of this.#inbox.splice(0)) this.#deliver(message)

    return snapshot
  }

  #deliver(message: Message): void {
    const handled = this.#handlers.onEvent?.(message)
    if (isPromise(handled)) handled.then(undefined, (error: unknown) => this.failOrReport(error))
  }

  #close(): void {
    this.#isClosed = true
    this.#inbox = []
    this.#controller?.abort()
  }

  #release(): void {
    try {
      const released = this.#handlers.dispose?.()
      if (isPromise(released)) released.then(undefined, (error: unknown) => this.#report(error))
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    const { id: key, _parent: parent } = this.#self
    const id = key.replace(/#\d+$/, '')
    const report = reporterOf(parent)
    if (report) report({ kind: 'child_terminated', id, error })
    else this.#logger(`process "${id}" failed after its end`, error)
  }
}
