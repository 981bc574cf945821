/** Connections: how many there are and will be, what stands between, and whether notifications come back. */
import { examineConnections, type ConnectionFacts } from '../../engine/examine.ts'
import { count, plural } from '../quantity.ts'
import { defineCheck, note, ok, problem, warning, type Scene } from './finding.ts'
import { lookAtNodes, liveNodes } from './nodes.ts'

async function lookAtConnections({ db }: Scene): Promise<ConnectionFacts> {
  const facts = await examineConnections(db)
  if (facts === undefined) throw new Error('the server says nothing of connections')

  return facts
}

const listen = ({ hear }: Scene) => hear()

/** Those of the runtime; one of them only now and then. */
const OF_A_NODE = 7
/** What `pg` opens for the pool of the instance at most, unless it is given one. */
const OF_A_POOL = 10

export const connections = defineCheck({
  id: 'connections',
  theme: 'connections',
  why: 'a node that gets no connection claims nothing, and looks dead to the others',
  look: async (scene) => ({
    ...(await scene.look(lookAtConnections)),
    nodes: scene.schema.oursVersion === 0 ? 0 : liveNodes(await scene.look(lookAtNodes)).length,
  }),
  judge({ most, reserved, used, ours, roleLimit, databaseLimit, nodes }) {
    const limits = [most - reserved, roleLimit, databaseLimit].filter((limit) => limit >= 0)
    const limit = Math.min(...limits)
    const others = used - ours
    const wanted = nodes * (OF_A_NODE + OF_A_POOL)
    const found = [
      `${count(used)} of ${count(limit)} are used, ${count(ours)} of them by oban-ts`,
      ...(nodes > 0
        ? [
            `${plural(nodes, 'node')} may open ${count(wanted)} (${OF_A_NODE} + a pool of ${OF_A_POOL} each)`,
          ]
        : []),
    ].join('; ')
    const todo = [
      'give the instances a smaller pool (database: { pool: new Pool({ max: 4 }) }), or put PgBouncer between',
      `ALTER SYSTEM SET max_connections = ${Math.max(most * 2, wanted + others + reserved)};  -- and restart the server`,
    ]
    if (used >= limit * 0.95) return problem(found, ...todo)

    return used >= limit * 0.8 || wanted + others > limit ? warning(found, ...todo) : ok(found)
  },
})

const DIRECT = 'give the URL of the server itself: database: { url, listen }, or OBAN_LISTEN_URL'

export const pooler = defineCheck({
  id: 'pooler',
  theme: 'connections',
  why: 'in transaction mode a connection keeps neither LISTEN nor settings nor prepared statements',
  look: listen,
  judge({ isPooled, outcome }) {
    if (!isPooled) return ok('none between this machine and the server')

    return outcome === 'lent'
      ? warning(
          'one in transaction mode: jobs of others start within a second, signals and `oban tree` do not arrive',
          DIRECT,
        )
      : note('one that keeps the connection, as PgBouncer in session mode does')
  },
})

export const notifications = defineCheck({
  id: 'notifications',
  theme: 'connections',
  why: 'by them a job starts within milliseconds; without, it is found by polling each second',
  look: listen,
  judge({ outcome, isPooled }) {
    if (outcome === 'heard') return ok('what we notified came back')

    return outcome === 'lent' || isPooled
      ? warning('do not arrive through the pooler', DIRECT)
      : problem(
          'a notification of our own has not come back within a second',
          'see whether something between changes the protocol, and that the server is no standby',
        )
  },
})

export const notificationQueue = defineCheck({
  id: 'notification-queue',
  theme: 'connections',
  why: 'once the queue of the server is full every commit that notifies fails',
  look: lookAtConnections,
  judge({ queueUsage }) {
    const found = `${Number((queueUsage * 100).toFixed(2))} % full`
    const todo =
      'end the session that listens inside of a transaction: ' +
      "SELECT pid, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%';"
    if (queueUsage > 0.5) return problem(found, todo)

    return queueUsage > 0.1 ? warning(found, todo) : ok(found)
  },
})

export const connectionChecks = [connections, pooler, notifications, notificationQueue]
