/**
 * Starts children, restarts what crashes, and stops them in reverse order, as OTP does.
 *
 * It is an actor logic of its own and not a machine: a machine that throws while it creates a child
 * dies and leaves its other children running. It ends with an error only when restarting is given
 * up, a first start fails or its input is wrong; nothing that a child does can crash it.
 */
import type { ActorLogic, ActorRefFrom } from 'xstate'
import { addSlot, createCore, rejectOpenCalls } from './core.ts'
import { resolveCall, type Core, type SupervisorScope, type SupervisorSnapshot } from './core.ts'
import { childExited } from './exit.ts'
import type { SupervisorMessage } from './message.ts'
import { resolveOptions, type SupervisorInput } from './options.ts'
import { advance, makePlan } from './plan.ts'
import { handleRequest } from './request.ts'
import { abandonStart, cancel, kill, spawn } from './run.ts'
import { StartError } from './errors.ts'
import { beginShutdown } from './shutdown.ts'
import { resolveSpec, type ChildDefaults } from './spec.ts'
import { validateInput } from './validate.ts'
import type { Run } from './core.ts'

/** The logic of every supervisor. */
export type SupervisorLogic = ActorLogic<SupervisorSnapshot, SupervisorMessage, SupervisorInput> & {
  readonly asChild: ChildDefaults
}

/**
 * The actor logic of a supervisor: for `createActor`, or as the logic of a `child`.
 *
 * Always subscribe to a root with an `error` listener: XState throws the error of a root that
 * nobody observes as an uncaught exception.
 *
 * @example
 * ```ts
 * const root = createActor(supervisor, { input: { children: [child({ id: 'a', logic })] } })
 * root.subscribe({ error: (error) => console.error(error) })
 * root.start()
 * ```
 *
 * @see https://hexdocs.pm/elixir/Supervisor.html
 */
export const supervisor: SupervisorLogic = {
  asChild: {
    type: 'supervisor',
    ready: (snapshot) => 'phase' in snapshot && snapshot.phase === 'running',
  },

  getInitialSnapshot(scope, input) {
    try {
      validateInput(input)
    } catch (error) {
      const core = createCore(resolveOptions({}, scope.system), makePlan([]), scope)

      return { status: 'error', output: undefined, error, phase: 'stopping', core }
    }
    const options = resolveOptions(input, scope.system)
    const core = createCore(options, makePlan([]), scope)
    const slots = options.children.map((spec) => addSlot(core, resolveSpec(spec)))
    if (slots.length === 0) core.phase = 'running'
    core.plan = makePlan(slots.map((slot) => ({ kind: 'start', slot })))

    return { status: 'active', output: undefined, error: undefined, phase: core.phase, core }
  },

  start({ core }) {
    advance(core)
  },

  transition(snapshot, message, scope) {
    const { core } = snapshot
    try {
      if (message.type !== 'xstate.stop') {
        handle(core, message)

        return proceed(core)
      }
      stopEverything(core, scope)

      return { ...snapshot, status: 'stopped', output: undefined, error: undefined }
    } catch (error) {
      // A fault of the supervisor itself, or of `now`: its children must not outlive it.
      stopEverything(core, scope)

      return { ...snapshot, status: 'error', output: undefined, error }
    }
  },

  restoreSnapshot() {
    // Timers and resources do not come back with a snapshot, so neither does a supervisor.
    throw new Error('a supervisor cannot be restored from a snapshot; start it afresh')
  },

  getPersistedSnapshot: ({ phase: _phase, core: _core, ...rest }) => rest,
}

export type SupervisorRef = ActorRefFrom<SupervisorLogic>

/** Messages that it does not know, such as XState's own about the ends of children, are ignored. */
function handle(core: Core, message: SupervisorMessage): void {
  switch (message.type) {
    case 'sup.ready':
      childReady(core, message.run)
      break
    case 'sup.exit':
      childExited(core, message.run, message.exit)
      break
    case 'sup.shutdown':
      beginShutdown(core, { status: 'done' }, message.reason)
      break
    case 'sup.start_timeout':
      startTimedOut(core, message.run)
      break
    case 'sup.stop_timeout':
      for (const run of message.runs) stopTimedOut(core, run)
      break
    case 'sup.retry':
      if (message.slot.state === 'backoff') spawn(core, message.slot)
      break
    case 'sup.wait_over':
      core.plan.current = undefined
      break
    case 'sup.delete_child':
    case 'sup.restart_child':
    case 'sup.start_child':
    case 'sup.terminate_child':
      handleRequest(core, message)
      break
    case 'xstate.stop':
      break
  }
}

function childReady(core: Core, run: Run): void {
  const { slot } = run
  if (slot.run !== run || slot.state !== 'starting') return
  if (run.killedFor) {
    kill(core, run)

    return
  }
  cancel(core, `start:${run.key}`)
  run.readyAtMs = core.options.now()
  slot.state = 'up'
  slot.wasUp = true
  if (slot.starter && run.ref) resolveCall(core, slot.starter.call, run.ref)
  slot.starter = undefined
}

function startTimedOut(core: Core, run: Run): void {
  const { slot } = run
  if (slot.run !== run || slot.state !== 'starting') return
  const { id, startTimeout } = slot.spec
  abandonStart(core, run, new StartError(id, `was not ready within ${startTimeout} ms`))
}

function stopTimedOut(core: Core, run: Run): void {
  if (run.slot.run !== run) return
  core.report({ kind: 'shutdown_timeout', id: run.slot.spec.id })
  kill(core, run)
}

/** Go on with the plan. The end of a plan is the end of a phase, or of the supervisor. */
function proceed(core: Core): SupervisorSnapshot {
  const isFinished = advance(core)
  if (isFinished && core.phase !== 'stopping') core.phase = 'running'
  const { outcome, phase } = core
  const common = { output: undefined, phase, core }
  if (!isFinished || phase !== 'stopping') {
    return { ...common, status: 'active', error: undefined }
  }
  rejectOpenCalls(core)

  return outcome.status === 'done'
    ? { ...common, status: 'done', error: undefined }
    : { ...common, status: 'error', error: outcome.error }
}

/** By force, in reverse order, within this transition. */
function stopEverything(core: Core, scope: SupervisorScope): void {
  core.phase = 'stopping'
  for (const slot of [...core.slots.values()].toReversed()) {
    const ref = slot.run?.ref
    slot.run = undefined
    slot.state = 'down'
    if (ref) scope.stopChild(ref)
  }
  rejectOpenCalls(core)
}
