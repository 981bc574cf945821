/** The story of one job in lines, for whoever looks at a test that failed. */
import type { Story } from './story.ts'

function time(atMs: number): string {
  return Number.isFinite(atMs) ? new Date(atMs).toISOString() : 'never'
}

export function timeline({ changes, runs, deaths, faults, lives }: Story, id: number): string {
  const nodeOf = (pid: number) => lives.find((life) => life.pid === pid)?.node ?? `process ${pid}`
  const lines = [
    ...changes
      .filter((change) => change.id === id)
      .map(({ atMs, state, attempt, node, uuid, attemptedAt, meta, queue, worker }) => ({
        atMs,
        text: `${worker} in ${queue}: ${state}, attempt ${attempt}, claimed by ${node} (${uuid}) at ${attemptedAt}, ${JSON.stringify(meta)}`,
      })),
    ...runs
      .filter((run) => run.id === id)
      .flatMap(({ startedAtMs, endedAtMs, attempt, pid }) => [
        { atMs: startedAtMs, text: `  attempt ${attempt} starts on ${nodeOf(pid)}` },
        {
          atMs: endedAtMs ?? Infinity,
          text: `  attempt ${attempt} ${endedAtMs ? 'ends' : 'never ends'} on ${nodeOf(pid)}`,
        },
      ]),
    ...faults.map(({ overAtMs, what }) => ({ atMs: overAtMs, text: `    fault: ${what}` })),
    ...deaths.map(({ atMs, node, uuid }) => ({
      atMs,
      text: `    declared dead: ${node} (${uuid})`,
    })),
  ]
  const sorted = lines.toSorted((a, b) => a.atMs - b.atMs)

  return sorted.map(({ atMs, text }) => `${time(atMs)} ${text}`).join('\n')
}
