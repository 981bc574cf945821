/** How jobs are followed, as callers say it. */
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { ConfigError, type Problem } from '../errors.ts'
import { objectOf } from '../job/call-options.ts'
import { unknownKeyProblems } from '../job/fields.ts'
import { type Period, toSeconds } from '../period.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import type { QueueDepth } from './gauges.ts'
import type { Propagation } from './spans.ts'

export interface InstrumentOptions {
  /** The name of the instance whose jobs are followed. Default: all that are not named by another call */
  readonly instance?: string | undefined
  /**
   * How the span of an attempt knows the one that enqueued its job: as its child, in the same trace, or
   * as the root of a trace of its own. It has a link to it in both cases. Default: 'parent'
   */
  readonly propagation?: Propagation | undefined
  /** Where spans go; false makes none. Default: the registered one */
  readonly tracerProvider?: TracerProvider | false | undefined
  /** Where metrics go; false makes none. Default: the registered one */
  readonly meterProvider?: MeterProvider | false | undefined
  /**
   * Which nodes count the jobs of all nodes in the database when their metrics are collected. Default:
   * 'leader', as the numbers are the same everywhere
   */
  readonly queueDepth?: QueueDepth | undefined
  /** How long such a count is good for; a bare number is seconds. Default: 10 seconds */
  readonly queueDepthInterval?: Period | undefined
}

export interface CheckedOptions {
  readonly instance: string | undefined
  readonly propagation: Propagation
  readonly tracerProvider: TracerProvider | false | undefined
  readonly meterProvider: MeterProvider | false | undefined
  readonly queueDepth: QueueDepth
  readonly queueDepthIntervalMs: number
}

const names = [
  'instance',
  'propagation',
  'tracerProvider',
  'meterProvider',
  'queueDepth',
  'queueDepthInterval',
] satisfies (keyof InstrumentOptions)[]

const propagations: readonly unknown[] = ['parent', 'link'] satisfies Propagation[]
const depths: readonly unknown[] = ['leader', 'every-node', false] satisfies QueueDepth[]

function choice(path: string, value: unknown, known: readonly unknown[]): Problem[] {
  if (known.includes(value)) return []
  const message = `must be one of ${known.map(shown).join(', ')}, got ${shown(value)}`
  const words = known.filter((word) => typeof word === 'string')
  const suggestion = typeof value === 'string' ? nearest(value, words) : undefined

  return [{ path, message, ...(suggestion !== undefined && { suggestion }) }]
}

function provider(path: string, value: unknown, method: string): Problem[] {
  if (value === undefined || value === false) return []
  if (typeof value === 'object' && value !== null && method in value) return []

  return [{ path, message: `must have a method ${method}(), or be false; got ${shown(value)}` }]
}

/** @throws {ConfigError} with every problem */
export function parseOptions(options: InstrumentOptions): CheckedOptions {
  const problems: Problem[] = unknownKeyProblems(objectOf(options), names)
  const { instance, propagation = 'parent', tracerProvider, meterProvider } = options
  const { queueDepth = 'leader', queueDepthInterval = 10 } = options
  if (instance !== undefined && typeof instance !== 'string') {
    const message = `must be the name of an instance, got ${shown(instance)}`
    problems.push({ path: 'instance', message })
  }
  problems.push(
    ...choice('propagation', propagation, propagations),
    ...provider('tracerProvider', tracerProvider, 'getTracer'),
    ...provider('meterProvider', meterProvider, 'getMeter'),
    ...choice('queueDepth', queueDepth, depths),
  )
  const seconds = toSeconds(queueDepthInterval, 'queueDepthInterval')
  if (typeof seconds !== 'number') problems.push(seconds)
  if (problems.length > 0 || typeof seconds !== 'number') throw new ConfigError(problems)

  return {
    instance,
    propagation,
    tracerProvider,
    meterProvider,
    queueDepth,
    queueDepthIntervalMs: seconds * 1_000,
  }
}
