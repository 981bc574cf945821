/** What happens to the process of one node. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FaultKind } from './fault-kind.ts'

const HOUR_MS = 3_600_000

/** Its threads die with it, in whatever they were about; another process takes its place. */
const kill: FaultKind = {
  name: 'kill',
  summary: 'SIGKILL; another process takes its place',
  aim: 'node',
  lastsMs: [0, 0],
  strike: async ({ cast }, { target }) => {
    await cast.node(target).kill()
    const successor = await cast.replace(target)

    return successor.name
  },
}

/** A deployment: an orderly end, then a successor. */
const stop: FaultKind = {
  name: 'stop',
  summary: 'SIGTERM, which must end it with code 0; another process takes its place',
  aim: 'node',
  lastsMs: [0, 0],
  strike: async ({ cast, complain }, { target }) => {
    const node = cast.node(target)
    const code = await node.terminate()
    if (code !== 0) complain(`${node.name} ended with code ${code} when it was told to stop`)
    const successor = await cast.replace(target)

    return successor.name
  },
}

/** A successor whose workers take long to load: its threads, and the next ones, are late. */
const slowModules: FaultKind = {
  name: 'slow-modules',
  summary: 'a node is killed; the workers of its successor take 10 s to load',
  aim: 'node',
  lastsMs: [0, 0],
  strike: async ({ cast }, { target }) => {
    await cast.node(target).kill()
    const successor = await cast.replace(target, { bootMs: 10_000 })

    return successor.name
  },
}

/** A virtual machine that is moved, a laptop that sleeps. */
const freeze: FaultKind = {
  name: 'freeze',
  summary: 'SIGSTOP, and SIGCONT later',
  aim: 'node',
  lastsMs: [1_000, 40_000],
  strike: async ({ cast }, { target, durationMs }) => {
    const node = cast.node(target)
    node.signal('SIGSTOP')
    await pause(durationMs)
    node.signal('SIGCONT')

    return node.name
  },
}

function clockStep(name: string, stepMs: number): FaultKind {
  return {
    name,
    summary: `its wall clock is ${stepMs > 0 ? 'an hour fast' : 'an hour slow'} for a while`,
    aim: 'node',
    lastsMs: [5_000, 30_000],
    strike: async ({ cast }, { target, durationMs }) => {
      const node = cast.node(target)
      node.stepClock(stepMs)
      await pause(durationMs)
      node.stepClock(0)

      return node.name
    },
  }
}

export const processFaults = [
  kill,
  stop,
  slowModules,
  freeze,
  clockStep('clock-forward', HOUR_MS),
  clockStep('clock-back', -HOUR_MS),
]
