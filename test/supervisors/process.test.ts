import { createActor, type EventObject } from 'xstate'
import { describe, expect, test } from 'vitest'
import { child, fromProcess, supervisor } from '../../supervisors/index.ts'
import type { ProcessHandlers, ProcessScope, ProcessStart } from '../../supervisors/index.ts'
import { bench, Deferred, never, settled, throwing } from './support/toys.ts'

interface Message extends EventObject {
  readonly n: number
}

type Scope = ProcessScope<Message, number, unknown>

const boom = new Error('boom')
const message = (n: number): Message => ({ type: 'message', n })
const shutdown = { type: 'sup.shutdown', reason: 'deploy' } as const

/** A process on its own, with what was logged, what it ended with, and its scope. */
function run(start: (scope: Scope) => ReturnType<ProcessStart<Message, number, unknown>>) {
  const errors: unknown[] = []
  const logs: unknown[] = []
  const scopes: Scope[] = []
  const logic = fromProcess<Message, number>(0, (scope) => {
    scopes.push(scope)

    return start(scope)
  })
  const actor = createActor(logic, { id: 'process', logger: (...args) => logs.push(args) })
  actor.subscribe({ error: (error) => errors.push(error) })
  actor.start()
  const [scope] = scopes
  if (!scope) throw new Error('start was not called')

  return { actor, errors, logs, scope }
}

/** Handlers that count how often they dispose. */
function disposable(handlers: ProcessHandlers<Message> = {}) {
  const disposed: string[] = []

  return { disposed, handlers: { dispose: () => disposed.push('disposed'), ...handlers } }
}

/** A process that sends itself 1 before it is ready, and is sent more before it has seen that. */
function early(messages: readonly (Message | typeof shutdown)[]) {
  const seen: number[] = []
  const logic = fromProcess<Message, null>(null, ({ self }) => {
    self.send(message(1))

    return { onEvent: ({ n }) => seen.push(n), dispose: settled }
  })
  const actor = createActor(logic)
  const subscription = actor.subscribe(() => {
    subscription.unsubscribe()
    for (const each of messages) actor.send(each)
  })
  actor.start()

  return { actor, seen }
}

describe('a process', () => {
  test('that starts synchronously is ready at once', () => {
    const { actor } = run(() => ({}))
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', phase: 'ready', state: 0 })
  })

  test('needs to give nothing back', () => {
    const { actor } = run(() => undefined)
    actor.send(message(1))
    expect(actor.getSnapshot().phase).toBe('ready')
    actor.send(shutdown)
    expect(actor.getSnapshot().status).toBe('done')
  })

  test('that starts asynchronously keeps messages and handles them in order', async () => {
    const gate = new Deferred()
    const seen: number[] = []
    const { actor } = run(async ({ set }) => {
      await gate.promise

      return {
        onEvent({ n }) {
          seen.push(n)
          set(n)
          // Sent while older messages still wait: it has to come after them.
          if (n === 1) actor.send(message(4))
        },
      }
    })
    actor.send(message(1))
    actor.send(message(2))
    actor.send(message(3))
    expect(actor.getSnapshot().phase).toBe('starting')
    gate.resolve()
    await settled()
    expect(seen).toEqual([1, 2, 3, 4])
    expect(actor.getSnapshot()).toMatchObject({ phase: 'ready', state: 4 })
  })

  test('keeps a message behind older ones that still wait', () => {
    const { actor, seen } = early([message(2)])
    actor.send(message(3))
    expect(seen).toEqual([1, 2, 3])
  })

  test('drops messages that still wait when it is asked to stop', async () => {
    const { actor, seen } = early([shutdown])
    await settled()
    expect(actor.getSnapshot().status).toBe('done')
    expect(seen).toEqual([])
  })

  test('is ready before a message that waited crashes it', async () => {
    const gate = new Deferred()
    const phases: string[] = []
    const { actor, errors } = run(() => gate.promise.then(() => ({ onEvent: throwing(boom) })))
    actor.subscribe({ next: ({ phase }) => phases.push(phase), error: () => undefined })
    actor.send(message(1))
    gate.resolve()
    await settled()
    expect(phases).toEqual(['starting', 'ready'])
    expect(errors).toEqual([boom])
  })

  test('gets its input, itself and the system', () => {
    const seen: unknown[] = []
    const logic = fromProcess<Message, null, { url: string }>(null, ({ input, self, system }) => {
      seen.push(input.url, self.id, system.get('me') === self)
    })
    const root = createActor(supervisor, {
      input: { children: [child({ id: 'a', logic, name: 'me', input: { url: 'x' } })] },
    })
    root.start()
    expect(seen).toEqual(['x', 'a#1', true])
  })

  test('publishes a state, or what a function makes of the one before', () => {
    const { actor, scope } = run(({ set }) => {
      set(5)
      set((n) => n + 1)
    })
    expect(actor.getSnapshot().state).toBe(6)
    scope.set((n) => n * 2)
    expect(actor.getSnapshot().state).toBe(12)
  })

  test('ends with an output when it finishes', () => {
    const { disposed, handlers } = disposable()
    const { actor, scope } = run(() => handlers)
    scope.signal.addEventListener('abort', () => disposed.push('aborted'))
    scope.finish('result')
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: 'result' })
    expect(disposed).toEqual(['aborted', 'disposed'])
  })
})

describe('a process crashes', () => {
  test.each<[string, (scope: Scope) => ReturnType<ProcessStart<Message, number, unknown>>]>([
    ['when start throws', throwing(boom)],
    ['when start rejects', () => Promise.reject(boom)],
    ['when start fails it', ({ fail }) => fail(boom)],
  ])('%s', async (_when, start) => {
    const { actor, errors, scope } = run(start)
    await settled()
    expect(actor.getSnapshot().status).toBe('error')
    expect(errors).toEqual([boom])
    expect(scope.signal.aborted).toBe(true)
  })

  test.each<[string, ProcessHandlers<Message>, 'message' | 'shutdown']>([
    ['when onEvent throws', { onEvent: throwing(boom) }, 'message'],
    ['when onEvent rejects', { onEvent: () => Promise.reject(boom) }, 'message'],
    ['when onShutdown throws', { onShutdown: throwing(boom) }, 'shutdown'],
    ['when onShutdown rejects', { onShutdown: () => Promise.reject(boom) }, 'shutdown'],
  ])('%s, and disposes once', async (_when, wrong, type) => {
    const { disposed, handlers } = disposable(wrong)
    const { actor, errors, scope } = run(() => handlers)
    actor.send(type === 'message' ? message(1) : shutdown)
    await settled()
    expect(errors).toEqual([boom])
    expect(disposed).toEqual(['disposed'])
    expect(scope.signal.aborted).toBe(true)
  })

  test.each<[string, ProcessHandlers<Message>]>([
    ['throws', { dispose: throwing(boom) }],
    ['rejects', { dispose: () => Promise.reject(boom) }],
  ])('when dispose %s in an orderly end', async (_how, handlers) => {
    const { actor, errors } = run(() => handlers)
    actor.send(shutdown)
    await settled()
    expect(actor.getSnapshot().status).toBe('error')
    expect(errors).toEqual([boom])
  })

  test('when a function given to set throws', () => {
    const { disposed, handlers } = disposable()
    const { errors, scope } = run(() => handlers)
    scope.set(throwing(boom))
    expect(errors).toEqual([boom])
    expect(disposed).toEqual(['disposed'])
  })

  test('when fail is called from anywhere, once', async () => {
    const { disposed, handlers } = disposable()
    const { errors, scope } = run(() => handlers)
    await Promise.resolve()
    scope.fail(boom)
    scope.fail(new Error('later'))
    scope.finish()
    expect(errors).toEqual([boom])
    expect(disposed).toEqual(['disposed'])
  })
})

describe('a process that is asked to stop', () => {
  test('is draining until onShutdown resolves, still handles messages, and disposes then', async () => {
    const gate = new Deferred()
    const seen: unknown[] = []
    const { disposed, handlers } = disposable({
      onEvent: ({ n }) => seen.push(n),
      onShutdown(reason) {
        seen.push(reason)

        return gate.promise
      },
    })
    const { actor, scope } = run(() => handlers)
    actor.send(shutdown)
    actor.send(shutdown)
    actor.send(message(1))
    expect(seen).toEqual(['deploy', 1])
    expect(actor.getSnapshot().phase).toBe('draining')
    expect(scope.signal.aborted).toBe(false)

    gate.resolve()
    await settled()
    expect(actor.getSnapshot().status).toBe('done')
    expect(disposed).toEqual(['disposed'])
    expect(scope.signal.aborted).toBe(true)
  })

  test('is not over before dispose is', async () => {
    const gate = new Deferred()
    const seen: number[] = []
    const { actor } = run(() => ({
      dispose: () => gate.promise,
      onEvent: ({ n }) => seen.push(n),
    }))
    actor.send(shutdown)
    actor.send(message(1))
    actor.send(shutdown)
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', phase: 'draining' })
    gate.resolve()
    await settled()
    expect(actor.getSnapshot().status).toBe('done')
    expect(seen).toEqual([])
  })

  test('disposes once, also when it is told to end again and then stopped by force', () => {
    const disposed: string[] = []
    const { actor, scope } = run(() => ({
      dispose() {
        disposed.push('disposed')

        return never()
      },
    }))
    scope.finish()
    scope.finish()
    actor.stop()
    expect(disposed).toEqual(['disposed'])
  })

  test('while it is starting, ends at once and lets go of what comes too late', async () => {
    const gate = new Deferred()
    const { disposed, handlers } = disposable()
    const { actor, scope } = run(() => gate.promise.then(() => handlers))
    actor.send(message(1))
    actor.send(shutdown)
    expect(actor.getSnapshot().status).toBe('done')
    expect(scope.signal.aborted).toBe(true)
    expect(disposed).toEqual([])

    gate.resolve()
    await settled()
    expect(disposed).toEqual(['disposed'])
  })

  test('while it is starting, may answer with a rejection', async () => {
    const { actor, errors, logs } = run(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    actor.send(shutdown)
    await settled()
    expect(actor.getSnapshot().status).toBe('done')
    expect([...errors, ...logs]).toEqual([])
  })

  test('may finish by itself while it drains', async () => {
    const { disposed, handlers } = disposable({ onShutdown: never })
    const { actor, scope } = run(() => handlers)
    actor.send(shutdown)
    scope.finish('early')
    await settled()
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: 'early' })
    expect(disposed).toEqual(['disposed'])
  })
})

describe('a process that is stopped by force', () => {
  test('disposes once and ignores what comes later', () => {
    const { disposed, handlers } = disposable({ onShutdown: never })
    const { actor, errors, scope } = run(() => handlers)
    actor.send(shutdown)
    actor.stop()
    scope.fail(boom)
    expect(actor.getSnapshot().status).toBe('stopped')
    expect(disposed).toEqual(['disposed'])
    expect(scope.signal.aborted).toBe(true)
    expect(errors).toEqual([])
  })

  test('while it is starting, disposes when start is through', async () => {
    const gate = new Deferred()
    const { disposed, handlers } = disposable()
    const { actor } = run(() => gate.promise.then(() => handlers))
    actor.stop()
    gate.resolve()
    await settled()
    expect(disposed).toEqual(['disposed'])
  })

  test.each<[string, ProcessHandlers<Message>, EventObject[]]>([
    ['dispose throws', { dispose: throwing(boom) }, []],
    ['dispose rejects', { dispose: () => Promise.reject(boom) }, []],
    ['onShutdown rejects later', { onShutdown: () => settled().then(throwing(boom)) }, [shutdown]],
    ['onEvent rejects later', { onEvent: () => settled().then(throwing(boom)) }, [message(1)]],
  ])('writes to the logger when %s', async (_what, handlers, messages) => {
    const { actor, errors, logs, scope } = run(() => handlers)
    for (const each of messages) scope.self.send({ ...message(0), ...each })
    actor.stop()
    await settled()
    await settled()
    expect(logs).toEqual([['process "process" failed after its end', boom]])
    expect(errors).toEqual([])
  })

  test.each<[string, ProcessHandlers<Message>]>([
    ['throws', { dispose: throwing(boom) }],
    ['rejects', { dispose: () => Promise.reject(boom) }],
  ])('reports through its supervisor when dispose %s', async (_how, handlers) => {
    const { start, reports } = bench()
    const logic = fromProcess<Message, number>(0, () => handlers)
    const root = start({ children: [child({ id: 'a', logic, shutdown: 'brutal' })] })
    root.stop()
    await settled()
    expect(reports).toEqual([{ kind: 'child_terminated', id: 'a', error: boom }])
  })

  test('reports a failed dispose after a crash; the crash stays the cause', async () => {
    const { start, reports } = bench()
    const broken = new Error('broken')
    const logic = fromProcess<Message, number>(0, ({ fail }) => ({
      onEvent: () => fail(boom),
      dispose: throwing(broken),
    }))
    const root = start({ children: [child({ id: 'a', logic, name: 'a', restart: 'temporary' })] })
    root.system.get('a').send(message(1))
    await settled()
    expect(reports.map(({ error }) => error)).toEqual([broken, boom])
  })

  test('cannot be brought back from a snapshot', () => {
    const logic = fromProcess<Message, number>(0, () => undefined)
    const errors: unknown[] = []
    const snapshot = createActor(logic).start().getPersistedSnapshot()
    const actor = createActor(logic, { snapshot })
    actor.subscribe({ error: (error) => errors.push(error) })
    actor.start()
    expect(String(errors[0])).toContain('cannot be restored')
  })
})
