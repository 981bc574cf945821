/** The source files as the rules of the architecture see them: their syntax trees and imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vitest/node'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A node of a syntax tree (ESTree with TypeScript's additions). */
export interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

export interface Import {
  /** A path from the repository's root, or the name of a package. */
  readonly target: string
  /** `type` is erased by the compiler; `dynamic` loads when it is called. */
  readonly kind: 'dynamic' | 'type' | 'value'
}

export interface Module {
  /** From the repository's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly nodes: readonly Node[]
  readonly imports: readonly Import[]
}

/** The files below a folder of the repository, sorted, without those of installed packages. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => posix.join(entry.parentPath.slice(root.length), entry.name))
    .toSorted()
}

/** The TypeScript files below a folder. */
export function modulesBelow(folder: string): Module[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => parseModule(path, readFileSync(join(root, path), 'utf8')))
}

export function parseModule(path: string, text: string): Module {
  const nodes = [...walk(parseAst(text, { lang: 'ts' }))]

  return { path, text, nodes, imports: nodes.flatMap((node) => importOf(path, node) ?? []) }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const each of value) yield* walk(each)
  } else if (isNode(value)) {
    yield value
    yield* walk(Object.values(value))
  }
}

function importOf(path: string, node: Node): Import | undefined {
  const specifier = isNode(node['source']) ? node['source']['value'] : undefined
  if (typeof specifier !== 'string') return undefined
  const target = specifier.startsWith('.') ? posix.join(path, '..', specifier) : specifier

  return { target, kind: kindOf(node) }
}

/** Names that say `type` one by one still load the module: only `import type` is erased. */
function kindOf(node: Node): Import['kind'] {
  if (node.type === 'ImportExpression') return 'dynamic'
  const isType = [node['importKind'], node['exportKind']].includes('type')

  return isType || node.type === 'TSImportType' ? 'type' : 'value'
}
