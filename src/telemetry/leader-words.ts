/** What the default logger says about leadership, and about what only a leader does. */
import type { TelemetryEvent } from './events.ts'
import { count, micros, oneLine, type Words } from './words.ts'

type LeaderEvent = TelemetryEvent<
  | 'peer.election'
  | 'pruner.prune'
  | 'python.leads'
  | 'reindexer.denied'
  | 'reindexer.reindex'
  | 'vacuumer.denied'
  | 'vacuumer.vacuum'
>

/** Names in a line are cut: a schema may have many nodes. */
const MOST_NODES = 10

/** What only the owner of the table may, and what follows for a node of another role. */
const DENIED = {
  'reindexer.denied':
    'this role may not rebuild indexes of oban_jobs, which its owner may, so they stay as they are; ' +
    'reindexer: false is silence',
  'vacuumer.denied':
    'this role may not vacuum oban_jobs, which its owner may, so fetching gets slower until ' +
    'autovacuum comes by; vacuum: false is silence',
} as const

export function leaderWords(event: LeaderEvent): Words {
  switch (event.event) {
    case 'peer.election':
      return electionWords(event)
    case 'pruner.prune': {
      const { completed, cancelled, discarded, durationMs } = event
      const prunedCount = completed + cancelled + discarded
      const fields = { pruned_count: prunedCount, completed, cancelled, discarded }

      return {
        level: 'debug',
        message: `${count(prunedCount, 'old job')} deleted`,
        fields: { ...fields, duration: micros(durationMs) },
      }
    }
    case 'reindexer.reindex': {
      const { rebuilt, dropped, durationMs } = event
      const rest = dropped.length === 0 ? '' : `, ${dropped.length} left behind dropped`

      return {
        level: 'debug',
        message: `indexes of the jobs table rebuilt: ${rebuilt.length}${rest}`,
        fields: { rebuilt, dropped, duration: micros(durationMs) },
      }
    }
    case 'vacuumer.vacuum': {
      const { processed, durationMs } = event
      const message = `the jobs table vacuumed after ${count(processed, 'processed job')}`

      return { level: 'debug', message, fields: { processed, duration: micros(durationMs) } }
    }
    case 'reindexer.denied':
    case 'vacuumer.denied':
      return { level: 'warn', message: DENIED[event.event], fields: {} }
    case 'python.leads':
    default: {
      const nodes = event.nodes.slice(0, MOST_NODES).map(oneLine)
      const rest = 'puts jobs back that run for more than 300 s, wherever they run'

      return {
        level: 'warn',
        message: `oban-py leads on ${nodes.join(', ')} and ${rest}: raise its rescue_after`,
        fields: { nodes },
      }
    }
  }
}

function electionWords({ leader, wasLeader }: TelemetryEvent<'peer.election'>): Words {
  const fields = { leader, was_leader: wasLeader }
  if (leader === wasLeader) return { level: 'debug', message: 'the leadership stays', fields }

  return {
    level: 'info',
    message: leader ? 'this node leads' : 'this node leads no more',
    fields,
  }
}
