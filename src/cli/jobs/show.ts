/** `oban jobs show`: everything about a job. */
import type { Job } from '../../job.ts'
import { oneLine } from '../../telemetry/words.ts'
import type { Paint } from '../paint.ts'
import { age, plural } from '../quantity.ts'
import { printable, whenOf } from './words.ts'

const NAME_WIDTH = 12

function indent(text: string): string[] {
  return printable(text)
    .split('\n')
    .map((line) => `  ${line}`)
}

/** A recorded term may hold integers that JSON has no number for. */
function plain(_: string, member: unknown): unknown {
  return typeof member === 'bigint' ? String(member) : member
}

function toJson(value: unknown): string {
  return JSON.stringify(value ?? null, plain, 2)
}

/** What was recorded, or why it cannot be read: another language may have written anything. */
function recordedOf(job: Job): { readonly value?: unknown; readonly problem?: string } {
  try {
    return { value: job.recorded }
  } catch (error) {
    return { problem: oneLine(String(error)) }
  }
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return ['', paint('bold', title), ...lines]
}

function timesOf(job: Job, nowMs: number): (readonly [name: string, text: string])[] {
  const { attemptedAt, attemptedBy } = job
  const by = attemptedBy.length === 0 ? '' : ` by ${oneLine(attemptedBy.join(' '))}`
  const times: (readonly [name: string, moment: Date | null, more?: string])[] = [
    ['inserted', job.insertedAt],
    ['scheduled', job.scheduledAt],
    ['attempted', attemptedAt, by],
    ['completed', job.completedAt],
    ['cancelled', job.cancelledAt],
    ['discarded', job.discardedAt],
  ]

  return times.flatMap(([name, moment, more = '']) => {
    if (moment === null) return []
    const passedMs = nowMs - moment.getTime()
    const words = passedMs < 0 ? `in ${age(-passedMs)}` : `${age(passedMs)} ago`

    return [[name, `${moment.toISOString()}  ${words}${more}`] as const]
  })
}

export function drawJob(job: Job, nowMs: number, paint: Paint): string[] {
  const facts: (readonly [name: string, text: string])[] = [
    ['worker', oneLine(job.worker)],
    ['queue', oneLine(job.queue)],
    ['attempt', `${job.attempt} of ${job.maxAttempts}`],
    ['priority', String(job.priority)],
    ...(job.tags.length === 0 ? [] : [['tags', oneLine(job.tags.join(', '))] as const]),
    ...timesOf(job, nowMs),
  ]
  const { value, problem } = recordedOf(job)
  // Shown below as what it means.
  const { return: _, ...meta } = job.meta
  const recorded = problem === undefined ? indent(toJson(value)) : [`  ${problem}`]

  return [
    `${paint('bold', `job ${job.id}`)} is ${job.state}, ${whenOf(job, nowMs)}`,
    ...facts.map(([name, text]) => `  ${paint('dim', name.padEnd(NAME_WIDTH))}${text}`),
    ...section('args', indent(toJson(job.args)), paint),
    ...section('meta', indent(toJson(job.meta['recorded'] === true ? meta : job.meta)), paint),
    ...(value === undefined && problem === undefined ? [] : section('recorded', recorded, paint)),
    ...(job.errors.length === 0
      ? []
      : section(plural(job.errors.length, 'error'), errorsOf(job, nowMs, paint), paint)),
  ]
}

function errorsOf({ errors }: Job, nowMs: number, paint: Paint): string[] {
  return errors.toReversed().flatMap(({ attempt, at, error }) => {
    const passedMs = nowMs - Date.parse(at)
    const words = Number.isNaN(passedMs) ? '' : `, ${age(passedMs)} ago`

    return [
      `  ${paint('dim', `attempt ${attempt}, ${oneLine(at)}${words}`)}`,
      ...indent(error).map((line) => `  ${line}`),
    ]
  })
}

/** What `--json` has of a job. */
export function wholeJob(job: Job): object {
  const { conflict: _, ...rest } = job
  const { value, problem } = recordedOf(job)
  const readable: unknown = value === undefined ? undefined : JSON.parse(toJson(value))

  return {
    ...rest,
    ...(readable !== undefined && { recorded: readable }),
    ...(problem !== undefined && { recordedProblem: problem }),
  }
}
