/** Loads worker modules, each by itself: one that does not load takes none of the others along. */
import { definitionOf, isWorker, type WorkerDefinition } from '../worker/definition.ts'
import type { ModuleFailure, WorkerFact } from './protocol.ts'
import { serializeError } from './serialized-error.ts'
import { importModule } from './typescript.ts'

export interface Loaded {
  readonly workers: readonly WorkerFact[]
  readonly failures: readonly ModuleFailure[]
}

/** A worker can be exported by several modules; its definition is one. */
function definitionsIn(exports: object): WorkerDefinition[] {
  return Object.values(exports)
    .filter((value: unknown) => isWorker(value))
    .map((worker) => definitionOf(worker))
    .filter(({ process }) => process !== undefined)
}

export async function loadModules(modules: readonly string[]): Promise<Loaded> {
  const loaded = await Promise.allSettled(modules.map((module) => importModule(module)))
  const workers: WorkerFact[] = []
  const failures: ModuleFailure[] = []
  const seen = new Set<WorkerDefinition>()
  for (const [index, result] of loaded.entries()) {
    const module = modules[index] ?? ''
    if (result.status === 'rejected') {
      failures.push({ module, error: serializeError(result.reason) })
    } else {
      for (const definition of definitionsIn(result.value)) {
        if (!seen.has(definition)) workers.push({ name: definition.name, module })
        seen.add(definition)
      }
    }
  }

  return { workers, failures }
}
