/** Who lives: nodes of ours by their heartbeats, those of other languages by their tables. */
import { examineNodes, type NodeFacts, type ProducerFacts } from '../../engine/examine.ts'
import { livePythonLeaders } from '../../engine/leaders.ts'
import { livePeers, livePythonProducers } from '../../engine/neighbours.ts'
import { plural } from '../quantity.ts'
import { defineCheck, note, ok, warning, type Scene } from './finding.ts'
import { age, list, tableIn } from './wording.ts'

export async function lookAtNodes({ db }: Scene): Promise<NodeFacts> {
  return (await examineNodes(db)) ?? { producers: [], leaders: [], crons: [] }
}

/** Heartbeats are five seconds apart, and without one for fifteen a producer is dead. */
const DEAD_SECONDS = 15
/** By then somebody has rescued its jobs and removed its row. */
const FORGOTTEN_SECONDS = 60

export function isLive({ isDead, silentSeconds }: ProducerFacts): boolean {
  return !isDead && silentSeconds <= DEAD_SECONDS
}

/** `instance on node`, each once. */
export function liveNodes({ producers }: NodeFacts): string[] {
  return [...new Set(producers.filter(isLive).map(({ name, node }) => `${name} on ${node}`))]
}

export const nodes = defineCheck({
  id: 'nodes',
  theme: 'nodes',
  why: 'without one that lives nothing runs',
  needs: 'tables',
  look: lookAtNodes,
  judge(facts) {
    const live = liveNodes(facts)

    return live.length === 0
      ? note('no TypeScript node with queues shows life', 'oban start')
      : ok(`${plural(live.length, 'node')}: ${list(live)}`)
  },
})

const silentProducers = defineCheck({
  id: 'silent-producers',
  theme: 'nodes',
  why: 'a producer that fell silent is rescued by any node that runs a queue, within 25 seconds',
  needs: 'tables',
  look: lookAtNodes,
  judge(facts) {
    const silent = facts.producers.filter(({ silentSeconds }) => silentSeconds > FORGOTTEN_SECONDS)
    if (silent.length === 0) return ok('none')
    const found = list(
      silent.map(
        ({ node, queue, silentSeconds }) => `${queue} on ${node} for ${age(silentSeconds)}`,
      ),
    )

    return warning(
      found,
      liveNodes(facts).length === 0
        ? 'start a node: it puts their jobs back'
        : 'see that a node rescues (no `lifeline: false` on all of them), and its log for query.failed',
    )
  },
})

export const leader = defineCheck({
  id: 'leader',
  theme: 'nodes',
  why: 'the leader prunes, vacuums and rebuilds indexes; a gap of 30 seconds is normal',
  needs: 'tables',
  look: lookAtNodes,
  judge(facts) {
    const names = new Set(facts.producers.filter(isLive).map(({ name }) => name))
    const leaders = facts.leaders.filter(({ leftSeconds }) => leftSeconds > 0)
    const leaderless = [...names].filter((name) => !leaders.some((one) => one.name === name))
    if (leaderless.length > 0) {
      return warning(
        `nobody leads ${list(leaderless)}`,
        'look again in 30 seconds; if it stays so, see that not every node has `leadership: false`',
      )
    }

    return ok(
      leaders.length === 0
        ? 'nobody needs one'
        : list(leaders.map(({ name, node }) => `${node} leads ${name}`)),
    )
  },
})

const DAY_SECONDS = 24 * 3_600

const cronEntries = defineCheck({
  id: 'cron-entries',
  theme: 'nodes',
  why: 'periodic jobs of an instance that no node runs are not inserted',
  needs: 'tables',
  look: lookAtNodes,
  judge({ crons, leaders, producers }, { prefix }) {
    const seen = new Set(
      [...leaders.filter(({ leftSeconds }) => leftSeconds > 0), ...producers.filter(isLive)].map(
        ({ name }) => name,
      ),
    )
    const orphaned = crons.filter(({ instance }) => !seen.has(instance))
    if (orphaned.length === 0) {
      return ok(
        crons.length === 0
          ? 'none'
          : list(crons.map(({ instance, count }) => `${plural(count, 'name')} of ${instance}`)),
      )
    }

    return note(
      list(
        orphaned.map(
          ({ instance, lastSeconds }) =>
            `nobody runs those of ${instance}; the last was inserted ${age(lastSeconds)} ago`,
        ),
      ),
      ...orphaned
        .filter(({ lastSeconds }) => lastSeconds > DAY_SECONDS)
        .map(
          ({ instance }) =>
            `DELETE FROM ${tableIn(prefix, 'oban_ts_crons')} WHERE instance = '${instance.replaceAll("'", "''")}';  -- if it is gone for good`,
        ),
    )
  },
})

export const nodeClocks = defineCheck({
  id: 'node-clocks',
  theme: 'nodes',
  why: 'logs of nodes are compared by their times, and Oban Web passes over what is 2 s old',
  needs: 'tables',
  look: ({ hear }) => hear(),
  judge({ portraits, fromMs, toMs }) {
    if (portraits.length === 0) return ok('no node was asked')
    const skewed = portraits
      .map(({ instance, node, at }) => {
        const ms = at.getTime()
        const skewMs = ms < fromMs ? ms - fromMs : Math.max(0, ms - toMs)

        return { name: `${instance} on ${node}`, skewMs }
      })
      .filter(({ skewMs }) => Math.abs(skewMs) >= 2_000)
    if (skewed.length === 0) return ok(`${plural(portraits.length, 'node')} and this machine agree`)

    return warning(
      list(
        skewed.map(
          ({ name, skewMs }) =>
            `${name} is ${age(Math.abs(skewMs) / 1_000)} ${skewMs > 0 ? 'ahead' : 'behind'}`,
        ),
      ),
      'keep the machines of the nodes in time (chrony, systemd-timesyncd)',
    )
  },
})

interface Neighbours {
  readonly elixir: readonly string[]
  readonly python: readonly string[]
  readonly pythonLeaders: readonly string[]
}

function nodesOf(rows: ReadonlyArray<{ readonly node: string }>): string[] {
  return rows.map(({ node }) => node)
}

async function lookAtNeighbours({ db, schema }: Scene): Promise<Neighbours> {
  const ours = schema.hasOurProducers ? (await examineNodes(db))?.producers : undefined
  const isOurs = new Set(ours?.map(({ node }) => node))
  const python = schema.hasProducers ? nodesOf(await livePythonProducers(db)) : []

  return {
    elixir: schema.hasPeers ? nodesOf(await livePeers(db)) : [],
    // We show our producers there too.
    python: python.filter((node) => !isOurs.has(node)),
    pythonLeaders: schema.hasLeaders ? nodesOf(await livePythonLeaders(db)) : [],
  }
}

export const python = defineCheck({
  id: 'oban-py',
  theme: 'nodes',
  why: 'its leader puts back any job that has been executing for 300 seconds, which then runs twice',
  needs: 'jobs',
  look: lookAtNeighbours,
  judge({ python: alive, pythonLeaders }) {
    if (pythonLeaders.length > 0) {
      return warning(
        `${list(pythonLeaders)} leads; its rescue age is 300 s unless it was set`,
        'in oban-py: lifeline={"rescue_after": seconds above your longest job}',
        'agree on one age for pruning: its pruner deletes finished jobs of everybody after a day',
      )
    }

    return alive.length > 0 ? note(`lives: ${list(alive)}`) : ok('none lives here')
  },
})

export const elixir = defineCheck({
  id: 'elixir',
  theme: 'nodes',
  why: 'its Lifeline goes by age, and its Pruner deletes finished jobs of everybody after 60 s',
  needs: 'jobs',
  look: lookAtNeighbours,
  judge({ elixir: alive }) {
    return alive.length > 0
      ? note(
          `${list(alive)} leads`,
          'agree on who prunes, and raise rescue_after of its Lifeline (60 min) above your longest job',
        )
      : ok('no node leads here')
  },
})

export const nodeChecks = [nodes, silentProducers, leader, cronEntries, nodeClocks, python, elixir]
