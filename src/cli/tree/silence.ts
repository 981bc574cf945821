/** What to check when no node has answered. */
import { oneLine } from '../../telemetry/words.ts'

/** A producer whose heart beats, as the database has it. */
export interface Living {
  /** The instance. */
  readonly name: string
  readonly node: string
  readonly queue: string
  /** Seconds since its last heartbeat. */
  readonly age: string
}

/** What a question came to that no node has answered. */
export interface Heard {
  /** Whether we hear what we say to ourselves. */
  readonly isHearing: boolean
  /** Answers that could not be read. */
  readonly unreadable: number
}

export interface Silence extends Heard {
  readonly living: readonly Living[]
  readonly prefix: string
  /** The one who was asked, or all. */
  readonly node: string | undefined
}

function nodesOf(living: readonly Living[]): string[] {
  const queues = new Map<string, Living[]>()
  for (const producer of living) {
    const name = `${producer.node} (${producer.name})`
    queues.set(name, [...(queues.get(name) ?? []), producer])
  }

  return [...queues].map(([name, producers]) => {
    const seconds = Math.min(...producers.map(({ age }) => Number(age)))
    const named = producers.map(({ queue }) => queue).join(', ')

    return oneLine(`  ${name}: ${named}; last heartbeat ${seconds} s ago`)
  })
}

/** Lines for people. */
export function explainSilence(silence: Silence): string[] {
  const { living, prefix, isHearing, node, unreadable } = silence

  if (!isHearing) {
    return [
      'Notifications do not arrive on this connection. Is there a pooler in transaction mode between,',
      'as PgBouncer? It drops LISTEN: give the address of the server itself.',
    ]
  }
  if (unreadable > 0) {
    return [
      'Something answered that this release cannot read. Is the node of another release? Use the',
      'command that comes with it.',
    ]
  }
  if (living.length === 0) {
    return [
      `No node has shown life in schema "${prefix}" within a minute. Is one running, and is this its`,
      'database? Give --database-url and --prefix as it has them.',
    ]
  }
  const known = living.some((producer) => producer.node === node)
  const who = node === undefined || known ? '' : `There is no node "${oneLine(node)}". `

  return [
    `${who}These show life in schema "${prefix}":`,
    ...nodesOf(living),
    'One that does not answer is busy or frozen, or hears no notifications: a pooler in transaction',
    'mode drops its LISTEN (its log says "notifications do not arrive"), or it is of an older release.',
  ]
}
