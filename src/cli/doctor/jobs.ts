/** Jobs that do not get on, and why not. */
import {
  examineBacklog,
  examineExecuting,
  examineMirrored,
  examineReleased,
  type BacklogFacts,
} from '../../engine/examine.ts'
import { livePeers } from '../../engine/neighbours.ts'
import { isDenied } from '../../engine/refusal.ts'
import { oneLine } from '../../telemetry/words.ts'
import { count, plural } from '../quantity.ts'
import { defineCheck, note, ok, warning, type Scene } from './finding.ts'
import { isLive, lookAtNodes } from './nodes.ts'
import { age, bounded, list, tableIn } from './wording.ts'

async function lookAtBacklog({ db }: Scene): Promise<readonly BacklogFacts[]> {
  return (await examineBacklog(db)) ?? []
}

/** Producers that oban-py and Oban Pro show, where their table is. */
async function lookAtMirrored({ db, schema }: Scene) {
  return (schema.hasProducers ? await examineMirrored(db) : undefined) ?? []
}

/** Whether it leads here; not, as far as a role can tell that may not look. */
async function hasElixir({ db, schema }: Scene): Promise<boolean> {
  try {
    return schema.hasPeers && (await livePeers(db)).length > 0
  } catch (error) {
    if (isDenied(error)) return false
    throw error
  }
}

export const orphans = defineCheck({
  id: 'orphans',
  theme: 'jobs',
  why: 'a job whose producer is gone without a trace stays executing: nobody knows that it is not',
  needs: 'tables',
  look: async (scene) => ({
    claims: (await examineExecuting(scene.db)) ?? [],
    known: [
      ...(await scene.look(lookAtNodes)).producers.map(({ uuid }) => uuid),
      ...(await scene.look(lookAtMirrored)).map(({ uuid }) => uuid),
    ],
    elixir: await scene.look(hasElixir),
  }),
  judge({ claims, known, elixir }, { prefix }) {
    const orphaned = claims.filter(({ uuid }) => uuid === null || !known.includes(uuid))
    if (orphaned.length === 0) return ok('none')
    const total = orphaned.reduce((sum, claim) => sum + claim.count, 0)
    const found = `${count(total)} executing for up to ${age(Math.max(...orphaned.map(({ seconds }) => seconds)))}, claimed by ${list(orphaned.map(({ node }) => node ?? 'nobody'))}`
    // Elixir shows no producers: these may well be jobs of its nodes that run.
    if (elixir) return note(`${found}; if these are Elixir nodes that live, all is well`)
    const ids = orphaned.flatMap((claim) => claim.ids).slice(0, 5)

    return warning(
      found,
      `UPDATE ${tableIn(prefix)} SET state = 'available' WHERE state = 'executing' AND id IN (${ids.join(', ')});  -- if their nodes are gone`,
    )
  },
})

/** A node that is being deployed is back by then. */
const WAIT_SECONDS = 60
const LONG_SECONDS = 300

const unservedQueues = defineCheck({
  id: 'unserved-queues',
  theme: 'jobs',
  why: 'jobs in a queue that no node runs wait for ever',
  needs: 'tables',
  look: async (scene) => ({
    backlog: await scene.look(lookAtBacklog),
    served: [
      ...(await scene.look(lookAtNodes)).producers.filter(isLive).map(({ queue }) => queue),
      ...(await scene.look(lookAtMirrored)).map(({ queue }) => queue),
    ],
    elixir: await scene.look(hasElixir),
  }),
  judge({ backlog, served, elixir }) {
    const unserved = backlog.filter(
      ({ queue, seconds }) => seconds > WAIT_SECONDS && !served.includes(queue),
    )
    if (unserved.length === 0) return ok('none has jobs that wait')
    const found = list(unserved.map(describe))
    if (elixir) return note(`${found}; Elixir, which shows no queues here, may run them`)
    const names = unserved.map(({ queue }) => `${oneLine(queue)}:10`).join(',')

    return warning(found, `oban start --queues ${names}  # or name them in \`queues\` of a node`)
  },
})

function describe({ queue, count: jobs, seconds }: BacklogFacts): string {
  return `${queue}: ${bounded(jobs)} available, the oldest for ${age(seconds)}`
}

export const backlog = defineCheck({
  id: 'backlog',
  theme: 'jobs',
  why: 'a job that has been due for minutes is late, whatever the reason',
  needs: 'tables',
  look: lookAtBacklog,
  judge(found) {
    const late = found.filter(({ seconds }) => seconds > LONG_SECONDS)
    if (late.length > 0) {
      return warning(
        list(late.map(describe)),
        'raise the limit of the queue or run more nodes; see also unserved-queues, paused-queues and unknown-workers',
      )
    }

    return ok(found.length === 0 ? 'nothing waits' : list(found.map(describe)))
  },
})

const pausedQueues = defineCheck({
  id: 'paused-queues',
  theme: 'jobs',
  why: 'a queue that somebody paused and forgot looks like one that is slow',
  needs: 'tables',
  look: async (scene) => ({
    backlog: await scene.look(lookAtBacklog),
    portraits: (await scene.hear()).portraits,
  }),
  judge({ backlog: waiting, portraits }) {
    const paused = portraits.flatMap(({ instance, node, queues }) =>
      queues
        .filter((queue) => queue.paused)
        .map(({ queue }) => ({ queue, name: `${queue} on ${node}`, instance })),
    )
    if (paused.length === 0) return ok(portraits.length === 0 ? 'no node was asked' : 'none')
    const names = list(paused.map(({ name }) => name))
    const stuck = waiting.filter(({ queue }) => paused.some((one) => one.queue === queue))
    if (stuck.length === 0) return note(`${names}; nothing waits there`)

    return warning(
      `${names}; waiting: ${list(stuck.map(describe))}`,
      ...stuck.map(({ queue }) => `await oban.resumeQueue('${oneLine(queue)}')`),
    )
  },
})

export const unknownWorkers = defineCheck({
  id: 'unknown-workers',
  theme: 'jobs',
  why: 'a node gives a job back whose worker it does not define, each 15 to 30 seconds, for ever',
  needs: 'tables',
  look: async ({ db }) => (await examineReleased(db)) ?? [],
  judge(released) {
    if (released.length === 0) return ok('none was given back within ten minutes')

    return warning(
      list(
        released.map(
          ({ worker, queue, count: jobs }) => `${worker} in ${queue} (${plural(jobs, 'job')})`,
        ),
      ),
      'list the module that defines it in `workers` of every node that runs the queue, or move the job to another queue',
    )
  },
})

export const jobChecks = [orphans, unservedQueues, backlog, pausedQueues, unknownWorkers]
