/** Loads worker modules, each by itself: one that does not load takes none of the others along. */
import { setImmediate } from 'node:timers/promises'
import {
  definitionOf,
  isWorker,
  plainDefinition,
  type WorkerDefinition,
} from '../worker/definition.ts'
import type { ModuleFailure, WorkerFact } from './protocol.ts'
import { serializeError } from './serialized-error.ts'
import { importModule } from './typescript.ts'

export interface Loaded {
  readonly workers: readonly WorkerFact[]
  readonly failures: readonly ModuleFailure[]
}

/** A worker can be exported by several modules; its definition is one. */
function definitionsIn(exports: object): WorkerDefinition[] {
  return Object.keys(exports).flatMap((name) => {
    const definition = workerIn(exports, name)

    return definition?.process === undefined ? [] : [definition]
  })
}

function workerIn(exports: object, name: string): WorkerDefinition | undefined {
  try {
    const value: unknown = Reflect.get(exports, name)

    return isWorker(value) ? definitionOf(value) : undefined
  } catch {
    // A getter of the user's that throws, or a proxy: whatever it is, it is no worker.
    return undefined
  }
}

/**
 * Load modules one after the other, in their order, so that one that ends the thread can be named.
 *
 * @param onLoading - told of each module before any of its code runs
 */
export async function loadModules(
  modules: readonly string[],
  onLoading: (module: string) => void = () => {},
): Promise<Loaded> {
  const workers: WorkerFact[] = []
  const failures: ModuleFailure[] = []
  const seen = new Set<WorkerDefinition>()
  for (const module of modules) {
    onLoading(module)
    try {
      for (const definition of definitionsIn(await importModule(module))) {
        const { name } = definition
        if (!seen.has(definition))
          workers.push({ name, module, definition: plainDefinition(definition) })
        seen.add(definition)
      }
    } catch (error) {
      failures.push({ module, error: serializeError(error) })
    }
    // A rejection that it left behind is told before the next one begins.
    await setImmediate()
  }

  return { workers, failures }
}
