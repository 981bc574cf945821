/** What a body is given besides its job. */
import type { WorkerDefinition } from '../worker/definition.ts'
import type { JobLog, JobTools, LogLevel } from '../worker/execution.ts'
import type { JobContext } from '../worker/register.ts'
import type { JobHandle } from '../worker.ts'
import { shown } from '../shown.ts'
import type { LogLine } from './protocol.ts'
import type { Task } from './task.ts'

export interface ToolOptions {
  /** What a body enqueues its worker's next job with. */
  readonly handle: (definition: WorkerDefinition) => JobHandle<unknown>
  /** What `setup()` gave for the bodies that run here. */
  readonly context: unknown
  readonly onLog: (line: LogLine) => void
}

/**
 * Each tool but the context is made when a body looks at it: most look at none. All are members of the
 * object itself, so that a spread has them.
 *
 * Every object shares the getters. With those of a literal each would have a hidden class of its own, which
 * takes a microsecond to make and keeps what they close over, the whole job, from the quick collection of
 * garbage.
 */
export class Tools implements JobTools<JobHandle<unknown>> {
  readonly context: JobContext
  declare readonly log: JobLog
  declare readonly self: JobHandle<unknown>
  declare readonly signal: AbortSignal
  readonly #task: Task
  readonly #definition: WorkerDefinition
  readonly #options: ToolOptions
  #madeLog: JobLog | undefined

  constructor(task: Task, definition: WorkerDefinition, options: ToolOptions) {
    this.context = options.context
    this.#task = task
    this.#definition = definition
    this.#options = options
    Object.defineProperty(this, 'log', Tools.#log)
    Object.defineProperty(this, 'self', Tools.#self)
    Object.defineProperty(this, 'signal', Tools.#signal)
  }

  static readonly #log = shared(
    (tools) => (tools.#madeLog ??= logOf(tools.#task, tools.#options.onLog)),
  )
  static readonly #self = shared((tools) => tools.#options.handle(tools.#definition))
  static readonly #signal = shared((tools) => tools.#task.signal)
}

function shared(make: (tools: Tools) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: Tools) {
      return make(this)
    },
  }
}

export function logOf({ message: { token, job } }: Task, onLog: ToolOptions['onLog']): JobLog {
  const { queue, worker } = job
  const line =
    (level: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      onLog({
        token,
        level,
        via: 'log',
        // A body in JavaScript may log anything, and the logger of the node expects text.
        message: typeof message === 'string' ? message : shown(message),
        fields: { ...fields, id: Number(job.id), queue, worker },
      })
    }

  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}
