/** Checks what an operator asks of queues before anything is done or sent. */
import { ConfigError } from '../errors.ts'
import type { QueueCommand, Scope } from '../queue-command.ts'
import { check } from './check.ts'
import { writePath } from './input.ts'
import type { ControlScope } from './options.ts'
import { isName, MOST_BY_SIGNAL, queueScale, queuesAlone } from './queue-schema.ts'
import { bag, text, trueOrFalse } from './values.ts'

const scopeOptions = bag({
  node: text('the name of a node', (node) => isName(node) && !/\s/.test(node)).optional(),
  localOnly: trueOrFalse().optional(),
})

/** @throws {ConfigError} when it names no node, or one and this one */
export function parseScope(options: ControlScope): Scope {
  const { node, localOnly } = check(scopeOptions, options)
  if (node === undefined) return { kind: localOnly === true ? 'here' : 'everywhere' }
  if (localOnly !== true) return { kind: 'node', node }

  throw new ConfigError([{ path: 'node', message: 'has no meaning beside localOnly' }])
}

function refuse(path: string, message: string): never {
  throw new ConfigError([{ path, message }])
}

/**
 * Check a command that goes to other nodes, of which it is not known how they are set.
 *
 * @throws {ConfigError} with every problem
 */
export function checkCommand(command: QueueCommand): void {
  const { queue } = command
  if (typeof queue !== 'string' || !isName(queue)) {
    refuse('queue', 'expected the name of a queue, of 1 to 127 characters')
  }
  if (command.action === 'scale') {
    const { action: _, queue: __, ...scale } = command
    const { limit, threads } = check(queueScale, scale)
    if (limit !== undefined && threads !== undefined && threads > limit) {
      refuse('threads', `expected at most the limit of ${limit}, found ${threads}`)
    }
    bound('', { limit, threads })
  }
  if (command.action === 'start') checkStart(queue, command.options)
}

/**
 * Check the options of a queue that is to start on nodes that are told by a signal. What they can run is
 * not known here.
 *
 * @throws {ConfigError} with every problem, at its path below `queues`
 */
export function checkStart(queue: string, options: unknown): void {
  const [parsed] = Object.values(check(queuesAlone, { queues: { [queue]: options } }).queues)
  bound(writePath(['queues', queue]), parsed ?? {})
}

/** Whoever can reach the database can send signals, so nobody follows one beyond these. */
function bound(
  path: string,
  numbers: { readonly limit?: number; readonly threads?: number },
): void {
  for (const key of ['limit', 'threads'] as const) {
    const most = MOST_BY_SIGNAL[key]
    const given = numbers[key] ?? 0
    if (given <= most) continue
    refuse(
      path === '' ? key : `${path}.${key}`,
      `expected at most ${most} for nodes that are told by a signal, found ${given}; ` +
        'above it use { localOnly: true } on each node, or the configuration',
    )
  }
}
