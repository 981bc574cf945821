/** What happens on the way between one node and the database. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Proxy, Target } from '../proxy.ts'
import { ROLES } from '../schedule.ts'
import type { FaultKind } from './fault-kind.ts'

/** Something that lasts until what it returned is called. */
function lasting(
  described: Pick<FaultKind, 'lastsMs' | 'name' | 'summary'>,
  begin: (proxy: Proxy) => () => void,
): FaultKind {
  return {
    ...described,
    aim: 'node',
    strike: async ({ cast }, { target, durationMs }) => {
      const end = begin(cast.proxy(target))
      await pause(durationMs)
      end()

      return cast.node(target).name
    },
  }
}

const cut: FaultKind = {
  name: 'cut',
  summary: 'every connection is closed at once',
  aim: 'node',
  lastsMs: [0, 0],
  strike: async ({ cast }, { target }) => {
    cast.proxy(target).cut()

    return cast.node(target).name
  },
}

/** A firewall has forgotten a connection: it is open at both ends, and nothing passes. */
const halfOpen = ROLES.map((role): FaultKind => {
  return {
    name: `half-open-${role}`,
    summary: `the ${role} connection goes silent and stays open`,
    aim: 'node',
    lastsMs: [0, 0],
    strike: async ({ cast }, { target }) => {
      cast.proxy(target).silence(role)

      return cast.node(target).name
    },
  }
})

const CLAIM: Target = { role: 'fetch', statement: "SET state = 'executing'" }
const COMPLETION: Target = { role: 'ack', statement: 'completed' }

/** What the statement did is committed, and nobody is told. */
function loseAnswer(name: string, statement: Target): FaultKind {
  return {
    name,
    summary: `an answer to ${statement.role} is lost, and its connection`,
    aim: 'node',
    lastsMs: [2_000, 5_000],
    strike: async ({ cast }, { target, durationMs }) => {
      const proxy = cast.proxy(target)
      await Promise.race([proxy.loseAnswer(statement), pause(durationMs)])
      // Where no such statement came in all that time.
      proxy.disarm()

      return cast.node(target).name
    },
  }
}

/** The statement arrives when its node has long given it up. */
function late(name: string, statement: Target): FaultKind {
  return {
    name,
    summary: `a statement of ${statement.role} is kept back and arrives late`,
    aim: 'node',
    lastsMs: [1_000, 12_000],
    strike: async ({ cast }, { target, durationMs }) => {
      const proxy = cast.proxy(target)
      const letGo = await Promise.race([proxy.hold(statement), pause(5_000)])
      proxy.disarm()
      await pause(durationMs)
      await Promise.race([letGo?.(), pause(5_000)])

      return cast.node(target).name
    },
  }
}

export const networkFaults = [
  lasting(
    { name: 'lag', summary: 'everything takes 200 ms on its way', lastsMs: [3_000, 20_000] },
    (proxy) => proxy.delay(200),
  ),
  lasting(
    { name: 'crawl', summary: 'everything takes 1.5 s on its way', lastsMs: [3_000, 20_000] },
    (proxy) => proxy.delay(1_500),
  ),
  lasting(
    { name: 'partition', summary: 'connections are closed and refused', lastsMs: [1_000, 30_000] },
    (proxy) => proxy.refuse(),
  ),
  lasting(
    { name: 'stall', summary: 'connections go silent and stay open', lastsMs: [1_000, 30_000] },
    (proxy) => proxy.stall(),
  ),
  cut,
  ...halfOpen,
  loseAnswer('lose-claim', CLAIM),
  loseAnswer('lose-ack', COMPLETION),
  late('late-claim', CLAIM),
  late('late-ack', COMPLETION),
]
