/**
 * Keeps the running nodes of this process apart by their names. Instances of one name are nodes of one
 * instance: what finds an instance by its name, as `enqueue` of a worker does, takes any of them.
 *
 * On `globalThis`, as the registry is: several copies of the library share a process.
 */
import type { Config } from './config.ts'
import { ConfigError } from './errors.ts'

type Node = Pick<Config, 'name' | 'node' | 'prefix'>

const key: unique symbol = Symbol.for('oban-ts.nodes')

function running(): Map<object, Node> {
  const host: typeof globalThis & { [key]?: Map<object, Node> } = globalThis
  host[key] ??= new Map()

  return host[key]
}

/**
 * Note that a node begins to run, until `releaseNode`.
 *
 * @throws {ConfigError} when one of its name runs here in another schema, or under the same node's name
 */
export function claimNode({ name, node, prefix }: Node, owner: object): void {
  for (const other of running().values()) {
    if (other.name !== name) continue
    if (other.prefix !== prefix) {
      const message =
        `an instance named "${name}" runs in this process already, in schema "${other.prefix}"; ` +
        'give one of them another name, or stop that one first'
      throw new ConfigError([{ path: 'name', message }])
    }
    if (other.node === node) {
      const message =
        `node "${node}" of the instance "${name}" runs in this process already; ` +
        'give one of them another name, or stop that one first'
      throw new ConfigError([{ path: 'node', message }])
    }
  }
  running().set(owner, { name, node, prefix })
}

export function releaseNode(owner: object): void {
  running().delete(owner)
}
