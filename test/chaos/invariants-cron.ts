/** Each entry of the crontab has one job for each minute that a node was there for: see `docs/cron.md`. */
import { groupBy } from './group-by.ts'
import { changesByJob, type Change } from './history.ts'
import { isAble, type Life, type Story, type Violation } from './story.ts'

const MINUTE_MS = 60_000

/** What a node needs to insert what is due: attempts that fail are made again every five seconds. */
const NEEDED_MS = 10_000

/** A run of the minute before is made up for. */
const LATEST_MS = 2 * MINUTE_MS

export function ofCrons(story: Story): Violation[] {
  const inserted = [...changesByJob(story.changes).values()].flatMap((changes) => changes[0] ?? [])
  const ofEntry = groupBy(
    inserted.filter(({ meta }) => meta.cron_name !== undefined),
    ({ meta }) => meta.cron_name,
  )
  const names = new Set(story.lives.flatMap(({ crons }) => crons))

  return [...names].flatMap((name) => ofOne(name, ofEntry.get(name) ?? [], story))
}

function ofOne(name: string, jobs: readonly Change[], story: Story): Violation[] {
  const found: Violation[] = []
  const minutes = groupBy(jobs, ({ meta }) => Date.parse(meta.cron_at ?? ''))
  for (const [minuteMs, ofMinute] of minutes) {
    const [first, second] = ofMinute
    if (first === undefined) continue
    const minute = new Date(minuteMs).toISOString()
    if (second) found.push({ id: second.id, what: `is the second of ${name} for ${minute}` })
    const lateMs = first.atMs - minuteMs
    if (!(lateMs >= 0 && lateMs < LATEST_MS)) {
      found.push({ id: first.id, what: `came ${lateMs} ms after its minute` })
    }
  }
  for (const minuteMs of wanted(name, story)) {
    if (minutes.has(minuteMs)) continue
    found.push({ what: `${name} has no job for ${new Date(minuteMs).toISOString()}` })
  }

  return found
}

/** Minutes for which some node that knows the entry was able to insert its job. */
function wanted(name: string, story: Story): number[] {
  const lives = story.lives.filter(({ crons }) => crons.includes(name))
  // An entry begins with the minute after the one in which a node first knew it.
  const fromMs = Math.ceil(Math.min(...lives.map((life) => life.readyAtMs)) / MINUTE_MS) * MINUTE_MS
  const untilMs = Math.max(...lives.map((life) => lastOf(life, story)))
  const found: number[] = []
  for (let minuteMs = fromMs; minuteMs + NEEDED_MS < untilMs; minuteMs += MINUTE_MS) {
    if (lives.some((life) => canInsert(life, minuteMs, story))) found.push(minuteMs)
  }

  return found
}

/** A node without an end is one that the story does not follow any further than its last change. */
function lastOf({ dismissedAtMs, exit }: Life, { changes }: Story): number {
  return Math.min(dismissedAtMs, exit?.atMs ?? Infinity, changes.at(-1)?.atMs ?? -Infinity)
}

/** In the minute, while it still is the last. */
function canInsert(life: Life, minuteMs: number, story: Story): boolean {
  for (let atMs = minuteMs; atMs + NEEDED_MS <= minuteMs + MINUTE_MS; atMs += 1_000) {
    if (isAble(story, life, atMs, atMs + NEEDED_MS)) return true
  }

  return false
}
