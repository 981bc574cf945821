/** The module that `threadOptions.setup` names: what surrounds the bodies of a thread. */
import type { Around } from '../worker/execution.ts'
import { serializeError } from './serialized-error.ts'
import { shown } from '../shown.ts'
import { importModule } from './typescript.ts'

interface Exports {
  readonly setup?: () => unknown
  readonly teardown?: (context: unknown) => unknown
  readonly around?: Around
}

const NAMES = ['setup', 'teardown', 'around'] as const satisfies (keyof Exports)[]

/** What surrounds the bodies of one thread, or of one inline queue. */
export interface Setup {
  /** Make the context that bodies get; rejects with a `SetupFailure`. */
  readonly begin: () => Promise<unknown>
  /** Undo `begin`, whose context this is. */
  readonly end: (context: unknown) => Promise<void>
  readonly around: Around | undefined
}

/** The setup module cannot be used: nothing may run without it. */
export class SetupFailure extends Error {}

/** For who names no module. */
const NOTHING: Setup = {
  begin: () => Promise.resolve(undefined),
  end: () => Promise.resolve(),
  around: undefined,
}

/**
 * Import the module. `setup()` is not called yet.
 *
 * @throws {SetupFailure} when it does not load, or exports nothing that can be used
 */
export async function loadSetup(specifier: string | undefined): Promise<Setup> {
  if (specifier === undefined) return NOTHING
  const { setup, teardown, around } = await orFail('it does not load', () => load(specifier))

  return {
    begin: () => orFail('setup() failed', () => setup?.()),
    end: async (context) => {
      await teardown?.(context)
    },
    around,
  }
}

async function load(specifier: string): Promise<Exports> {
  const exports: object = await importModule(specifier)
  refuseUnusable(exports)

  return exports
}

async function orFail<Value>(what: string, make: () => Promise<Value> | Value): Promise<Value> {
  try {
    return await make()
  } catch (error) {
    const { name, message } = serializeError(error)
    throw new SetupFailure(`${what}: ${name}: ${message}`, { cause: error })
  }
}

function refuseUnusable(exports: object): asserts exports is Exports {
  const values = NAMES.map((name): unknown => Reflect.get(exports, name))
  if (values.every((value) => value === undefined)) {
    const names = Object.keys(exports).join(', ')
    throw new Error(`it exports none of ${NAMES.join(', ')}, but ${names || 'nothing'}`)
  }
  for (const [index, value] of values.entries()) {
    if (value === undefined || typeof value === 'function') continue
    throw new Error(`it exports ${NAMES[index]} as ${shown(value)}, which must be a function`)
  }
}
