/** What a run of the demo has done, read back from the database and the disk, and whether it is right. */
import { readdir } from 'node:fs/promises'
import type { Client } from 'pg'
import type { z } from 'zod'
import type { TreeDescription } from '../../../supervisors/index.ts'
import type { Db } from '../../engine/query.ts'
import { countJobs, readTaggedJobs, type Tagged } from '../../engine/tagged-jobs.ts'
import type { Job } from '../../job.ts'
import { plural } from '../quantity.ts'
import { summarizeChaos, type ChaosSummary } from './chaos.ts'
import type { DemoFolder } from './folder.ts'
import { writeReport, type Collected } from './report.ts'
import type { Scaled } from './scaler.ts'
import { countUsers } from './sign-up.ts'
import type { Witness } from './witness.ts'
import { Digest } from './workers/digest.ts'
import { Flaky } from './workers/flaky.ts'
import { Reminder, reminderResult } from './workers/reminder.ts'
import { Scan, scanResult } from './workers/scan.ts'

/** Queue, then state, then how many jobs. */
export type JobCounts = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface RunSummary extends Collected {
  /** What is not as it should be, in words. */
  readonly problems: readonly string[]
  readonly run: string
  /** Links, sockets, pipes and devices that the scan came across. */
  readonly skipped: number
  readonly jobs: JobCounts
  /** The jobs of the table, whoever enqueued them. */
  readonly allJobs: JobCounts
  readonly signups: {
    readonly committed: number
    readonly rolledBack: number
    /** Files in the outbox. */
    readonly emails: number
  }
  readonly retries: {
    readonly worker: string
    readonly attempts: number
    readonly errors: readonly string[]
  }
  readonly scheduled: { readonly dueAt: string; readonly ranAt: string; readonly lateMs: number }
  readonly chaos: ChaosSummary
  /** Left out when there were no files. */
  readonly scaled?: Scaled | undefined
  readonly report: string
  readonly outbox: string
  readonly tree: TreeDescription
}

export interface SummaryInput {
  readonly db: Db
  readonly client: Client
  readonly tagged: Tagged
  readonly roots: readonly string[]
  readonly folder: DemoFolder
  /** Sign-ups that were rolled back. */
  readonly rolledBack: number
  readonly seen: Witness
  readonly scaled: Scaled | undefined
  readonly tree: TreeDescription
}

async function onlyJob({ db, tagged }: SummaryInput, worker: string): Promise<Job> {
  for await (const job of readTaggedJobs(db, tagged, worker)) return job
  throw new Error(`the job of ${worker} is gone from the database`)
}

async function countRun({ db, tagged }: SummaryInput) {
  const jobs: Record<string, Record<string, number>> = {}
  const allJobs: Record<string, Record<string, number>> = {}
  for (const row of await countJobs(db, ...tagged)) {
    const { queue, state } = row
    allJobs[queue] = { ...allJobs[queue], [state]: Number(row.total) }
    if (row.tagged !== '0') jobs[queue] = { ...jobs[queue], [state]: Number(row.tagged) }
  }

  return { jobs, allJobs }
}

/** Jobs of whatever run that the queues will find: those of an interrupted one come first. */
export async function countWaiting(db: Db, queues: readonly string[]): Promise<number> {
  const rows = await countJobs(db, '', '0')
  const waiting = rows.filter(({ queue, state }) => queues.includes(queue) && state === 'available')

  return waiting.reduce((sum, { total }) => sum + Number(total), 0)
}

async function countEmails(outbox: string, run: string): Promise<number> {
  const names = await readdir(outbox)

  return names.filter((name) => name.startsWith(`${run}-`) && name.endsWith('.eml')).length
}

/** A job that has failed recorded nothing; the problems say so. */
const nothingFound: z.infer<typeof scanResult> = { files: 0, skipped: 0, unreadable: [] }
const neverRan: z.infer<typeof reminderResult> = { dueAt: '', ranAt: '', lateMs: 0 }

interface Findings extends Pick<RunSummary, 'jobs' | 'scaled' | 'signups'> {
  readonly scan: Job
  readonly flaky: Job
  readonly reminder: Job
  /** Files that the scan found, and those whose digests have ended. */
  readonly found: number
  readonly digests: number
  /** Of the reminder. */
  readonly lateMs: number
}

/** What is not as it should be, in words; the chaos is judged by itself. */
function wrongs(findings: Findings): string[] {
  const { scan, flaky, reminder, found, digests, jobs, lateMs, signups, scaled } = findings
  const isWrong: readonly (readonly [boolean, string])[] = [
    [scan.state !== 'completed', `the scan is ${scan.state}`],
    [digests !== found, `${found} files were found, and ${digests} digests are there`],
    [flaky.state !== 'completed' || flaky.attempt !== 3, `the flaky job is ${flaky.state}`],
    [reminder.state !== 'completed', `the scheduled job is ${reminder.state}`],
    [lateMs < 0, 'the scheduled job ran too early'],
    [signups.committed !== 1, `${signups.committed} users have signed up instead of 1`],
    [signups.emails !== 1, `${signups.emails} e-mails were written instead of 1`],
    [found > 0 && scaled?.jobs.length !== scaled?.to, 'files did not get its threads'],
    ...Object.entries(jobs).map(([queue, { discarded = 0 }]) => {
      const problem = `${plural(discarded, 'job')} of ${queue} discarded`

      return [discarded > 0 && queue !== 'chaos', problem] as const
    }),
  ]

  return isWrong.filter(([wrong]) => wrong).map(([, problem]) => problem)
}

export async function summarize(input: SummaryInput): Promise<RunSummary> {
  const { client, db, tagged, folder, roots, rolledBack, scaled, tree } = input
  const [run] = tagged
  const scan = await onlyJob(input, Scan.name)
  const flaky = await onlyJob(input, Flaky.name)
  const reminder = await onlyJob(input, Reminder.name)
  const found = scan.recorded === undefined ? nothingFound : scanResult.parse(scan.recorded)
  const scheduled =
    reminder.recorded === undefined ? neverRan : reminderResult.parse(reminder.recorded)
  const { totals, unreadable } = await writeReport(folder.report, {
    run,
    roots,
    unreadable: found.unreadable,
    digests: readTaggedJobs(db, tagged, Digest.name),
  })
  const { jobs, allJobs } = await countRun(input)
  const chaos = await summarizeChaos(input)
  const signups = {
    committed: await countUsers(client, db.prefix, run),
    rolledBack,
    emails: await countEmails(folder.outbox, run),
  }
  const problems = wrongs({
    scan,
    flaky,
    reminder,
    jobs,
    signups,
    scaled,
    found: found.files,
    digests: totals.files + unreadable.length - found.unreadable.length,
    lateMs: scheduled.lateMs,
  })

  return {
    problems: [...problems, ...chaos.problems],
    run,
    totals,
    unreadable,
    skipped: found.skipped,
    jobs,
    allJobs,
    signups,
    retries: {
      worker: Flaky.name,
      attempts: flaky.attempt,
      errors: flaky.errors.map(({ error }) => error.split('\n', 1).join('')),
    },
    scheduled,
    chaos: chaos.item,
    scaled,
    report: folder.report,
    outbox: folder.outbox,
    tree,
  }
}
