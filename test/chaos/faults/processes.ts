/** What happens to the process of one node. */
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../node-process.ts'
import type { FaultKind, Stage } from './fault-kind.ts'

const HOUR_MS = 3_600_000

/** A process ends, and another takes its place. */
function succession(
  described: Pick<FaultKind, 'name' | 'summary'>,
  end: (node: NodeProcess, stage: Stage) => Promise<void>,
  ofSuccessor: { readonly bootMs?: number } = {},
): FaultKind {
  return {
    ...described,
    aim: 'node',
    lastsMs: [0, 0],
    strike: async (stage, { target }) => {
      await end(stage.cast.node(target), stage)
      const successor = await stage.cast.replace(target, ofSuccessor)

      return successor.name
    },
  }
}

const successions = [
  // Its threads die with it, in whatever they were about.
  succession({ name: 'kill', summary: 'SIGKILL; another process takes its place' }, (node) =>
    node.kill(),
  ),
  // A deployment: an orderly end, then a successor.
  succession(
    {
      name: 'stop',
      summary: 'SIGTERM, which must end it with code 0; another process takes its place',
    },
    async (node, { complain }) => {
      const code = await node.terminate()
      if (code !== 0) complain(`${node.name} ended with code ${code} when it was told to stop`)
    },
  ),
  // A successor whose workers take long to load: its threads, and the next ones, are late.
  succession(
    {
      name: 'slow-modules',
      summary: 'a node is killed; the workers of its successor take 10 s to load',
    },
    (node) => node.kill(),
    { bootMs: 10_000 },
  ),
]

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
  ...successions,
  freeze,
  clockStep('clock-forward', HOUR_MS),
  clockStep('clock-back', -HOUR_MS),
]
