/**
 * What a failed assertion says. Whoever reads it wants to know what was there instead, and why that was
 * not it: so the closest jobs are shown, each with what differs and nothing else.
 */
import type { Job } from '../job.ts'
import { knownWorkers } from '../registry.ts'
import { nearest } from '../suggestion.ts'
import { JobAssertionError } from './assertion-error.ts'
import { compare, type Criteria } from './criteria.ts'
import type { Difference } from './difference.ts'
import { indented, listed, nameOfJob, spelled } from './job-text.ts'
import { type Question, searchAll } from './question.ts'
import { display } from './wildcard.ts'

/** More would not be read. */
const MOST_KINDS = 10
const MOST_DIFFERENCES = 8

/** How many of the newest are compared. */
const COMPARED = 200

interface Candidate {
  readonly job: Job
  readonly differences: readonly Difference[]
}

/** What there is instead. */
interface Survey {
  /** The closest first. */
  readonly candidates: readonly Candidate[]
  /** What they have in common: `of Media.Resize`. */
  readonly kind: string
  /** The worker that was meant, perhaps, by a name that no job has. */
  readonly meant: string | undefined
  /** The newest of all. */
  readonly newest: readonly Job[]
}

/** A member of the expectation, when it is one value. */
function plain(criteria: Criteria, name: 'queue' | 'worker'): string | undefined {
  const value = criteria.list.find((criterion) => criterion.name === name)?.value

  return typeof value === 'string' ? value : undefined
}

async function survey({ jobs, criteria }: Question): Promise<Survey> {
  const worker = plain(criteria, 'worker')
  const queue = plain(criteria, 'queue')
  const newest = await jobs.newest({}, COMPARED)
  const ofWorker = worker === undefined ? [] : await jobs.newest({ worker }, COMPARED)
  const inQueue = queue === undefined ? [] : await jobs.newest({ queue }, COMPARED)
  const names = [...knownWorkers(), ...newest.map((job) => job.worker)]
  const others = names.filter((name) => name !== worker)
  const meant = worker === undefined || ofWorker.length > 0 ? undefined : nearest(worker, others)
  const groups = [
    { kind: ` of ${worker}`, group: ofWorker },
    { kind: ` of ${meant}`, group: newest.filter((job) => job.worker === meant) },
    { kind: ` in queue "${queue}"`, group: inQueue },
    { kind: '', group: worker === undefined && queue === undefined ? newest : [] },
  ]
  const { kind, group } = groups.find((each) => each.group.length > 0) ?? { kind: '', group: [] }
  const candidates = group
    .map((job) => ({ job, differences: compare(criteria, job) }))
    .toSorted((one, other) => one.differences.length - other.differences.length)

  return { candidates, kind, meant, newest }
}

export function criteriaLines({ list }: Pick<Criteria, 'list'>): string[] {
  const width = Math.max(...list.map(({ name }) => name.length))

  return list.map(({ name, expected }) => `${name.padEnd(width)}  ${expected}`)
}

function titleOf(job: Job): string {
  return `${nameOfJob(job)}, ${job.state} in queue "${job.queue}"`
}

function candidateLines({ job, differences }: Candidate): string[] {
  // It came between the last look and this one.
  if (differences.length === 0) return [titleOf(job), '  fits, but came too late']
  const shown = differences.slice(0, MOST_DIFFERENCES)
  const rest = differences.length - shown.length
  const lines = shown.map(
    ({ path, expected, found }) => `${path}: expected ${expected()}, found ${found()}`,
  )

  return [titleOf(job), ...indented(rest > 0 ? [...lines, `and ${rest} more`] : lines)]
}

/** `3 jobs of Media.Resize`. */
function count(number: number, kind: string): string {
  const least = number === COMPARED ? `${number} or more` : String(number)

  return `${least} ${number === 1 ? 'job' : 'jobs'}${kind}`
}

function wait(timeoutMs: number): string {
  return timeoutMs === 0 ? '' : ` within ${spelled(timeoutMs)}`
}

/** How many jobs there are of each kind, the most frequent first: `3 of Media.Resize, 1 of Mail`. */
function tally(kinds: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one)

  return sorted
    .slice(0, MOST_KINDS)
    .map(([kind, number]) => `${number} of ${kind}`)
    .join(', ')
}

/** Where no job has even the worker or the queue that is expected. */
function noneLines({ jobs, criteria }: Question, { newest }: Survey): string[] {
  const worker = plain(criteria, 'worker')
  const queue = plain(criteria, 'queue')
  const seen = jobs.isOfClient ? ', as `client` sees it' : ''
  const hint = jobs.isOfClient
    ? []
    : ['Jobs of a transaction that has not committed are seen by its client only: pass `client`.']
  if (newest.length === 0) {
    const here = `the table of instance "${jobs.instance}"${seen}`

    return [`There are no jobs at all in ${here}.`, ...hint]
  }
  const missing = [worker && `of "${worker}"`, queue && `in queue "${queue}"`].filter(Boolean)
  const among = newest.length === COMPARED ? `Among the newest ${COMPARED} there are` : 'There are'
  const kinds = newest.map((job) => `${job.worker} in queue "${job.queue}"`)

  return [
    `There is no job ${missing.join(' or ')}, in whatever state${seen}.`,
    `${among} ${tally(kinds)}.`,
    ...hint,
  ]
}

/** What may be behind it, where that can be told. */
function hints({ criteria }: Question, { candidates, meant }: Survey): string[] {
  const [closest] = candidates
  const isOver = closest?.differences.length === 1 && closest.differences[0]?.path === 'state'

  return [
    ...(meant === undefined
      ? []
      : [`No job has the worker "${plain(criteria, 'worker')}"; did you mean "${meant}"?`]),
    ...(isOver && criteria.statesOf === 'default' ? overLines(closest.job) : []),
  ]
}

function overLines({ id, state }: Job): string[] {
  return [
    `Job ${id} fits, but is ${state}: only jobs that have yet to run are looked at. Keep queues from`,
    `running it, as testing mode "manual" does, or expect { state: '${state}' }.`,
  ]
}

/** The error for an expectation that no job fits. */
export async function absence(question: Question): Promise<JobAssertionError> {
  const { criteria, timeoutMs } = question
  const found = await survey(question)
  const { candidates, kind } = found
  const instead =
    candidates.length === 0
      ? noneLines(question, found)
      : [
          `Found ${count(candidates.length, kind)} instead${candidates.length === 1 ? '' : ', the closest first'}:`,
          '',
          ...listed(candidates, candidateLines),
        ]
  const hinted = hints(question, found)
  const text = [
    `expected a job to be enqueued${wait(timeoutMs)} with`,
    '',
    ...indented(criteriaLines(criteria)),
    '',
    ...instead,
    ...(hinted.length === 0 ? [] : ['', ...hinted]),
  ]

  return new JobAssertionError(text.join('\n'), compared(criteria, candidates[0]?.job))
}

/** What test runners make a diff of: of the closest job, what was asked for. */
function compared({ list }: Criteria, closest: Job | undefined) {
  const expected = Object.fromEntries(list.map(({ name, value }) => [name, value]))
  const actual =
    closest && Object.fromEntries(list.map(({ name, found }) => [name, found(closest)]))

  return { expected, actual }
}

function jobLines(job: Job): string[] {
  const { args, insertedAt } = job
  const details = [`args ${display(args)}`, `inserted at ${insertedAt.toISOString()}`]

  return [titleOf(job), ...indented(details)]
}

/** The error for an expectation that no job should fit. */
export async function presence(question: Question, first: Job): Promise<JobAssertionError> {
  const { criteria, timeoutMs } = question
  const others = await searchAll(question)
  const found = [
    ...others.filter(({ id }) => id > first.id),
    first,
    ...others.filter(({ id }) => id < first.id),
  ]
  const text = [
    `expected no job to be enqueued${wait(timeoutMs)} with`,
    '',
    ...indented(criteriaLines(criteria)),
    '',
    `Found ${found.length === 1 ? 'one' : found.length}${found.length > 1 ? ', the newest first' : ''}:`,
    '',
    ...listed(found, jobLines),
  ]

  return new JobAssertionError(text.join('\n'))
}
