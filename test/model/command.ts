/** `npm run model`: explore the protocol within bounds, and tell what was found. */
import { explore, type Exploration } from './explorer.ts'
import { help, readRequest, UsageError, type Request } from './options.ts'
import { protocol } from './protocol/protocol.ts'

/** More than this many states, and what has to be remembered of them outgrows the heap. */
const MOST_STATES = 8_000_000

/** What to print, and the code to exit with. */
export interface Report {
  readonly text: string
  readonly exitCode: 0 | 1 | 2
}

/** @param now - monotonic milliseconds */
export function run(args: readonly string[], now: () => number): Report {
  const request = read(args)
  if (request instanceof UsageError) {
    return { text: `model: ${request.message}\n\n${help}`, exitCode: 2 }
  }
  if (request.kind === 'tell') return { text: request.text, exitCode: 0 }
  const { world, maxSeconds } = request
  const found = explore(protocol(world), { maxSeconds, maxStates: MOST_STATES, now })

  return { text: describe(found), exitCode: found.violation ? 1 : 0 }
}

function read(args: readonly string[]): Request | UsageError {
  try {
    return readRequest(args)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}

const endings: Readonly<Record<Exploration['end'], string>> = {
  complete: 'no violation: every state within the bounds was explored',
  time: 'no violation so far: the time was over before the bounds were explored; see --seconds',
  states: `no violation so far: there are more than ${MOST_STATES} states`,
  violation: 'violation',
}

export function describe({ states, steps, depth, seconds, end, violation }: Exploration): string {
  const rate = Math.round(states / Math.max(seconds, 0.001))
  const figures = `${states} states, ${steps} steps, depth ${depth}, ${seconds.toFixed(1)} s, ${rate} states/s`
  if (violation === undefined) return `${figures}\n${endings[end]}`
  const trace = violation.trace.map((label, index) => `${String(index + 1).padStart(4)}. ${label}`)

  return `${figures}\n${endings[end]}: ${violation.property}\n${trace.join('\n')}`
}
