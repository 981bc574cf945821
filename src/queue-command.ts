/** What an operator asks of a queue, and of which nodes. */
import type { QueueOptions, QueueScale } from './config/options.ts'

export type QueueCommand =
  | { readonly action: 'pause' | 'resume'; readonly queue: string }
  | { readonly action: 'stop'; readonly queue: string }
  | ({ readonly action: 'scale'; readonly queue: string } & QueueScale)
  | { readonly action: 'start'; readonly queue: string; readonly options: QueueOptions | number }

/** Every queue of a node: understood by `pause` and `resume`. */
export const ALL_QUEUES = '*'

/** Which nodes are meant. */
export type Scope =
  | { readonly kind: 'everywhere' }
  | { readonly kind: 'here' }
  | { readonly kind: 'node'; readonly node: string }

/** How a signal names the one node that it is for, as Oban for Elixir and Python do. */
export function identOf({ name, node }: { readonly name: string; readonly node: string }): string {
  return `${name}.${node}`
}

/** What a signal says in place of a node that is for all. */
export const ANY = 'any'
