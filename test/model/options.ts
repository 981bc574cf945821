/** The command line of `npm run model`: what it takes, and how it is read. */
import { parseArgs } from 'node:util'
import { MOST_CLAIMS } from './protocol/state.ts'
import { faults, isFault, isRule, rules, type Fault, type Rule } from './protocol/rules.ts'
import type { World } from './protocol/world.ts'

export type Request =
  | { readonly kind: 'explore'; readonly world: World; readonly maxSeconds: number }
  | { readonly kind: 'tell'; readonly text: string }

/** A command line that cannot be followed, with what to do about it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const outcomes = ['failed', 'snoozed'] as const

export const help = `Explores the protocol by which nodes share jobs, and looks for a state that it must not reach.

usage: npm run model -- [options]

  --nodes N         nodes, 1 to 3. Default: 2
  --jobs N          jobs, 1 to 3. Default: 1
  --claims N        times that a job may be claimed, 1 to ${MOST_CLAIMS}. Default: 3
  --producers N     producers that a node may have, one after the other, 1 to 3. Default: 2
  --faults A,B      kinds of faults, or "all". Default: none
  --max-faults N    faults in all. Default: 1, when there are kinds
  --in-order        the faults come in the order of --faults, each once
  --cancels N       times that a job is cancelled. Default: 0
  --outcomes A,B    how bodies end beside completing their jobs: ${outcomes.join(', ')}. Default: none
  --without A,B     rules to switch off. Default: none
  --strict          no exceptions for what the documents admit
  --seconds N       time to explore. Default: 60
  --list            the rules and faults that there are
  --help            this text

Exit code 0: no violation within the bounds, or within the time. 1: a violation, with its shortest trace.
2: the options cannot be followed.`

export const list = `rules that can be switched off:
${table(rules)}

faults:
${table(faults)}`

function table(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([name, meaning]) => `  ${name.padEnd(22)}${meaning}`)
    .join('\n')
}

const options = {
  nodes: { type: 'string', default: '2' },
  jobs: { type: 'string', default: '1' },
  claims: { type: 'string', default: '3' },
  producers: { type: 'string', default: '2' },
  faults: { type: 'string', default: '' },
  'max-faults': { type: 'string' },
  'in-order': { type: 'boolean', default: false },
  cancels: { type: 'string', default: '0' },
  outcomes: { type: 'string', default: '' },
  without: { type: 'string', default: '' },
  strict: { type: 'boolean', default: false },
  seconds: { type: 'string', default: '60' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/**
 * @throws {UsageError} for an option that does not exist, or whose value cannot be
 */
export function readRequest(args: readonly string[]): Request {
  const values = readValues(args)
  if (values.help) return { kind: 'tell', text: help }
  if (values.list) return { kind: 'tell', text: list }
  const kinds = readFaults(values.faults)
  const isInOrder = values['in-order']
  const one = kinds.length > 0 ? 1 : 0
  const most = values['max-faults'] ?? String(isInOrder ? kinds.length : one)
  const faultCount = count('max-faults', most, 0, 9)
  if (faultCount > 0 && kinds.length === 0) {
    throw new UsageError('--max-faults needs the kinds of faults: --faults kill,pause')
  }
  if (isInOrder && faultCount !== kinds.length) {
    throw new UsageError('--in-order takes each of --faults once: leave out --max-faults')
  }

  return {
    kind: 'explore',
    maxSeconds: count('seconds', values.seconds, 1, 86_400),
    world: {
      size: {
        nodes: count('nodes', values.nodes, 1, 3),
        jobs: count('jobs', values.jobs, 1, 3),
        producers: count('producers', values.producers, 1, 3),
        faults: faultCount,
        cancels: count('cancels', values.cancels, 0, 3),
      },
      claims: count('claims', values.claims, 1, MOST_CLAIMS),
      faults: kinds,
      isInOrder,
      without: readRules(values.without),
      outcomes: readOutcomes(values.outcomes),
      isStrict: values.strict,
    },
  }
}

function readValues(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (error) {
    // What `parseArgs` says names the option.
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(message, { cause: error })
  }
}

function count(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value

  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not "${text}"`)
}

function readFaults(text: string): Fault[] {
  if (text === 'all') return Object.keys(faults).filter(isFault)

  return names(text).map((name) => {
    if (isFault(name)) return name

    throw unknown('faults', name, Object.keys(faults))
  })
}

function readRules(text: string): Set<Rule> {
  return new Set(
    names(text).map((name) => {
      if (isRule(name)) return name

      throw unknown('without', name, Object.keys(rules))
    }),
  )
}

function readOutcomes(text: string): Set<(typeof outcomes)[number]> {
  return new Set(
    names(text).map((name) => {
      const found = outcomes.find((outcome) => outcome === name)
      if (found !== undefined) return found

      throw unknown('outcomes', name, outcomes)
    }),
  )
}

function names(text: string): string[] {
  return text.split(',').filter((name) => name !== '')
}

function unknown(option: string, name: string, all: readonly string[]): UsageError {
  return new UsageError(`--${option}: there is no "${name}"; there are ${all.join(', ')}`)
}
