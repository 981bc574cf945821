/** What happens to PostgreSQL itself. */
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../until.ts'
import type { FaultKind, Stage } from './fault-kind.ts'

function restart(mode: 'fast' | 'immediate'): FaultKind {
  return {
    name: `restart-${mode}`,
    summary: mode === 'fast' ? 'the server restarts' : 'the server restarts as after a crash',
    aim: 'database',
    lastsMs: [0, 0],
    strike: ({ cast, server }) => cast.exclusively('database', () => server.restart(mode)),
  }
}

/** Maintenance that nobody was told of. */
const outage: FaultKind = {
  name: 'outage',
  summary: 'the server is stopped, and started later',
  aim: 'database',
  lastsMs: [5_000, 30_000],
  strike: ({ cast, server }, { durationMs }) =>
    cast.exclusively('database', async () => {
      await server.stop()
      await pause(durationMs)
      await server.start()
    }),
}

/** The out-of-memory killer takes one session; the server ends all others and recovers. */
const crash: FaultKind = {
  name: 'crash',
  summary: 'kill -9 of one session of a role: the server recovers from a crash',
  aim: 'role',
  lastsMs: [0, 0],
  strike: ({ cast, theatre }, { target }) =>
    cast.exclusively('database', async () => {
      const rows = await theatre.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'oban-ts:${target}' LIMIT 1`,
      )
      // Of some roles no node may have a connection right now.
      for (const { pid } of rows) process.kill(pid, 'SIGKILL')
      await answers(theatre)
    }),
}

async function answers({ query }: Stage['theatre']): Promise<void> {
  const isAnswered = () =>
    query('SELECT').then(
      () => true,
      // It recovers; until it has, each session is refused in one of several ways.
      () => false,
    )
  await until('the server answers again', isAnswered, 60_000)
}

export const serverFaults = [restart('fast'), restart('immediate'), outage, crash]
