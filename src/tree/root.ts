/**
 * The whole tree of an instance. The order is that of starting; stopping goes the other way: first the
 * caretakers, then the queues drain, then what they acknowledged is flushed, and only then are the
 * producers' rows taken away.
 */
import type { ClientConfig } from 'pg'
import { child, type ChildSpec, type SupervisorInput } from '../../supervisors/index.ts'
import { acker } from '../actors/acker.ts'
import { notifier } from '../actors/notifier.ts'
import { peer } from '../actors/peer.ts'
import { refresher } from '../actors/refresher.ts'
import { sonar } from '../actors/sonar.ts'
import { refresherInput } from '../runtime/beat.ts'
import { database } from '../runtime/database.ts'
import { notifierInput } from '../runtime/nodes/hear.ts'
import { peerInput } from '../runtime/nodes/lead.ts'
import { reportTree } from '../runtime/report.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { ackerInput } from '../runtime/settle.ts'
import { sonarInput } from '../runtime/nodes/sonar.ts'
import { harbor } from './harbor.ts'
import { nursery } from './nursery.ts'

/** Time between heartbeats. */
const BEAT_MS = 5_000

/** The same for a drain, whose jobs no notification reaches. */
const DRAIN_BEAT_MS = 1_000

/** @param listen - how to open the connection that listens. Default: as the others */
export function instanceTree(
  runtime: Runtime,
  connect: ClientConfig,
  listen: ClientConfig = connect,
): SupervisorInput {
  return {
    strategy: 'one_for_one',
    maxRestarts: 3,
    maxSeconds: 5,
    onReport: reportTree(runtime.origin),
    children: [
      databaseChild(runtime, connect),
      notifierChild(runtime, listen),
      refresherChild(runtime, BEAT_MS),
      ackerChild(runtime),
      nursery(runtime),
      ...(runtime.config.leadership ? [peerChild(runtime)] : []),
      sonarChild(runtime),
      harbor(runtime, connect),
    ],
  }
}

/**
 * What keeps alive and stores what a drain runs: its jobs are begun by whoever asked for it, so there is
 * no queue. Nobody tells it of a job that is cancelled: it finds out with its beats.
 */
export function drainTree(runtime: Runtime, connect: ClientConfig): SupervisorInput {
  return {
    strategy: 'one_for_one',
    maxRestarts: 3,
    maxSeconds: 5,
    onReport: reportTree(runtime.origin, 'drain/'),
    children: [
      databaseChild(runtime, connect),
      refresherChild(runtime, DRAIN_BEAT_MS),
      ackerChild(runtime),
    ],
  }
}

function databaseChild(runtime: Runtime, connect: ClientConfig): ChildSpec {
  return child({
    id: 'db',
    logic: database,
    input: () => ({
      connect,
      prefix: runtime.config.prefix,
      synchronousCommit: runtime.config.synchronousCommit,
      publish: (connections) => {
        runtime.connections = connections
      },
    }),
  })
}

function notifierChild(runtime: Runtime, connect: ClientConfig): ChildSpec {
  return child({
    id: 'notifier',
    name: 'notifier',
    logic: notifier,
    input: () => notifierInput(runtime, connect),
  })
}

function refresherChild(runtime: Runtime, intervalMs: number): ChildSpec {
  return child({
    id: 'refresher',
    name: 'refresher',
    logic: refresher,
    input: () => refresherInput(runtime, intervalMs),
  })
}

function peerChild(runtime: Runtime): ChildSpec {
  return child({ id: 'peer', name: 'peer', logic: peer, input: () => peerInput(runtime) })
}

function sonarChild(runtime: Runtime): ChildSpec {
  return child({ id: 'sonar', name: 'sonar', logic: sonar, input: () => sonarInput(runtime) })
}

function ackerChild(runtime: Runtime): ChildSpec {
  return child({
    id: 'acker',
    name: 'acker',
    logic: acker,
    // It gives up by itself while the database is away.
    shutdown: 'infinity',
    input: () => ackerInput(runtime),
  })
}
