/** The rules of the house that no compiler checks. Each is also shown a file that breaks it. */
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { harmless, homes, layerOf, layers } from './support/layers.ts'
import { isNode, modulesBelow, parseModule } from './support/modules.ts'
import type { Import, Module, Node } from './support/modules.ts'

const supervisors = modulesBelow('supervisors')
const src = modulesBelow('src')
const code = [...supervisors, ...src]
const tests = modulesBelow('test')

/** Where time and chance come from. Everywhere else they are inputs. */
const sources = [
  /^src\/(clock|backoff)\.ts$/,
  /^supervisors\/clock\.ts$/,
  // Hands them to everything below.
  /^src\/instance\.ts$/,
  /^src\/threads\/blame\.ts$/,
  // Lets go of a turn of the loop.
  /^src\/threads\/(boot|entry|modules)\.ts$/,
  // A session proves itself every five seconds; a server of our own is waited for.
  /^src\/notifier\/listen\.ts$/,
  /^src\/(embedded|cli)\//,
]

const isSource = ({ path }: Module) => sources.some((source) => source.test(path))

function isPackage(target: string): boolean {
  return !target.startsWith('src/') && !target.startsWith('supervisors/')
}

/** One line for each import of the modules that is forbidden, with the reason. */
function complain(
  modules: readonly Module[],
  judge: (path: string, imported: Import) => string | undefined,
): string[] {
  return modules.flatMap(({ path, imports }) =>
    imports.flatMap((imported) => {
      const reason = judge(path, imported)

      return reason === undefined ? [] : [`${path} imports ${imported.target}: ${reason}`]
    }),
  )
}

function upward(modules: readonly Module[]): string[] {
  return complain(modules, (path, { target, kind }) => {
    if (isPackage(target)) return undefined
    const from = layerOf(path)
    const to = layerOf(target)
    if (from === undefined || to === undefined) return 'a file that is in no layer'
    if (from === to && from.name !== 'actors') return undefined
    const known = kind === 'type' ? [...from.uses, ...(from.knows ?? [])] : from.uses
    if (known.includes(to.name)) return undefined

    return `${from.name} may not ${kind === 'type' ? 'know' : 'use'} ${to.name}`
  })
}

function homeless(modules: readonly Module[]): string[] {
  return complain(modules, (path, { target, kind }) => {
    if (!isPackage(target) || harmless.test(target)) return undefined
    const home = homes[target]
    if (home === undefined) return 'it has no home'
    const isHere = home.loads.test(path) || (kind === 'type' && home.knows?.test(path) === true)

    return isHere ? undefined : 'its home is elsewhere'
  })
}

/** The files that are on a cycle of imports, or between two. */
function cyclic(modules: readonly Module[], kinds: readonly Import['kind'][]): string[] {
  const left = new Map(
    modules.map(({ path, imports }) => {
      const followed = imports.filter(({ kind }) => kinds.includes(kind))

      return [path, new Set(followed.map(({ target }) => target))]
    }),
  )
  const isLoose = (path: string, targets: ReadonlySet<string>) =>
    ![...targets].some((target) => left.has(target)) ||
    ![...left.values()].some((others) => others.has(path))
  for (let found = true; found;) {
    const loose = [...left].filter(([path, targets]) => isLoose(path, targets))
    for (const [path] of loose) left.delete(path)
    found = loose.length > 0
  }

  return [...left.keys()]
}

/** The packages that come with a file as soon as it is imported. */
function loadedWith(entry: string, modules: readonly Module[]): Set<string> {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const seen = new Set([entry])
  for (const path of seen) {
    for (const { target, kind } of byPath.get(path)?.imports ?? []) {
      if (kind === 'value') seen.add(target)
    }
  }

  return new Set([...seen].filter(isPackage))
}

/** One line for each node of the modules to which the function has something to say. */
function find(modules: readonly Module[], name: (node: Node) => string | undefined): string[] {
  return modules.flatMap(({ path, nodes }) =>
    nodes.flatMap((node) => {
      const found = name(node)

      return found === undefined ? [] : [`${path}: ${found}`]
    }),
  )
}

function nameOf(value: unknown): string {
  return isNode(value) && typeof value['name'] === 'string' ? value['name'] : ''
}

const ambient = new Set(['Date.now', 'Math.random', 'performance.now', 'process.hrtime'])
const timers = new Set(['setTimeout', 'setInterval', 'setImmediate'])
const naps = new Set(['delay', 'pause', 'setInterval', 'setTimeout', 'sleep'])
const polls = new Set(['expect.poll', 'vi.waitFor', 'vi.waitUntil'])

function called(node: Node): string {
  return node.type === 'CallExpression' ? nameOf(node['callee']) : ''
}

function clockOrChance(node: Node): string | undefined {
  if (timers.has(called(node))) return called(node)
  if (node.type === 'NewExpression' && nameOf(node['callee']) === 'Date') {
    return Array.isArray(node['arguments']) && node['arguments'].length === 0
      ? 'new Date()'
      : undefined
  }
  const member = `${nameOf(node['object'])}.${nameOf(node['property'])}`

  return node.type === 'MemberExpression' && ambient.has(member) ? member : undefined
}

function hole(node: Node): string | undefined {
  if (node.type === 'TSAnyKeyword') return 'any'
  if (node.type === 'TSNonNullExpression') return 'x!'
  const inner = node['expression']

  return node.type === 'TSAsExpression' && isNode(inner) && inner.type === 'TSAsExpression'
    ? 'as … as'
    : undefined
}

function silenced(modules: readonly Module[]): string[] {
  return modules.filter(({ text }) => /@ts-(ignore|expect-error|nocheck)/.test(text)).map(pathOf)
}

function long(modules: readonly Module[]): string[] {
  return modules.filter(({ text }) => text.split('\n').length > 401).map(pathOf)
}

function pathOf({ path }: { readonly path: string }): string {
  return path
}

function vague(paths: readonly string[]): string[] {
  return paths.filter((path) =>
    /^(utils?|helpers?|common|types|constants|misc|lib)\./.test(base(path)),
  )
}

function base(path: string): string {
  return basename(path)
}

function nap(node: Node): string | undefined {
  if (naps.has(called(node))) return called(node)
  const member = `${nameOf(node['object'])}.${nameOf(node['property'])}`
  if (polls.has(member)) return member
  const from =
    node.type === 'ImportDeclaration' && isNode(node['source']) && node['source']['value']

  return from === 'node:timers/promises' ? from : undefined
}

/** Tests of several files together, of the repository, and what tests are made of. */
const everywhere =
  /^test\/(bench|chaos|fixtures|frameworks|integration|load|model|support)\/|^test\/(architecture|docs|lock-file|package)/

/** Tests whose folder is none of the code, or that no file at the top is named after. */
function astray(paths: readonly string[]): string[] {
  const folders = new Set(['supervisors', ...code.map(({ path }) => path.split('/')[1])])
  const subjects = src.map(({ path }) => /^src\/([^/]+)\.ts$/.exec(path)?.[1] ?? '/')

  return paths.filter((path) => {
    if (everywhere.test(path)) return false
    const [, first = '', ...rest] = path.replace('.test.ts', '').split('/')
    if (rest.length > 0) return !folders.has(first)

    return !subjects.some((subject) => first === subject || first.startsWith(`${subject}-`))
  })
}

/** Machines without a test of their own. */
function untested(paths: readonly string[], testPaths: readonly string[]): string[] {
  return paths.filter((path) => {
    const own = `test/${path.replace(/^src\//, '').replace('.ts', '.test.ts')}`

    return path.startsWith('src/actors/') && !testPaths.includes(own)
  })
}

describe('imports', () => {
  test('go down the layers', () => {
    expect(upward(code)).toEqual([])
    expect(
      upward([
        parseModule('src/engine/bad.ts', "import { emit } from '../telemetry/channels.ts'"),
        parseModule('src/actors/bad.ts', "export { acker } from './acker.ts'"),
        parseModule('src/job.ts', "const load = () => import('./engine/query.ts')"),
        parseModule('src/runtime/good.ts', "import type { AckerRef } from '../actors/acker.ts'"),
        parseModule('src/elsewhere/bad.ts', "import '../job.ts'"),
      ]),
    ).toEqual([
      'src/engine/bad.ts imports src/telemetry/channels.ts: engine may not use telemetry',
      'src/actors/bad.ts imports src/actors/acker.ts: actors may not use actors',
      'src/job.ts imports src/engine/query.ts: values may not use engine',
      'src/elsewhere/bad.ts imports src/job.ts: a file that is in no layer',
    ])
  })

  test('are for layers that have files', () => {
    const used = new Set(code.map(({ path }) => layerOf(path)))

    expect(layers.filter((layer) => !used.has(layer))).toEqual([])
  })

  test('make no cycle', () => {
    expect(cyclic(code, ['value', 'dynamic'])).toEqual([])
    // In supervisors a supervisor's memory, its messages and its plans name each other's types.
    expect(cyclic(src, ['value', 'dynamic', 'type'])).toEqual([])
    const knot = [
      parseModule('src/a.ts', "import './b.ts'"),
      parseModule('src/b.ts', "export * from './c.ts'"),
      parseModule('src/c.ts', "import './b.ts'; import type { A } from './a.ts'"),
      parseModule('src/d.ts', "import './c.ts'"),
    ]
    expect(cyclic(knot, ['value'])).toEqual(['src/b.ts', 'src/c.ts'])
    expect(cyclic(knot, ['value', 'type'])).toEqual(['src/a.ts', 'src/b.ts', 'src/c.ts'])
  })

  test('find each package in its home', () => {
    expect(homeless(code)).toEqual([])
    expect(
      homeless([
        parseModule('src/job.ts', "import { z } from 'zod'; import { inspect } from 'node:util'"),
        parseModule('src/tree/a.ts', "import type { Pool } from 'pg'; import { Client } from 'pg'"),
        parseModule('src/oban.ts', "import leftPad from 'left-pad'"),
      ]),
    ).toEqual([
      'src/job.ts imports zod: its home is elsewhere',
      'src/tree/a.ts imports pg: its home is elsewhere',
      'src/oban.ts imports left-pad: it has no home',
    ])
  })

  test('load neither database nor actors with the definitions of workers', () => {
    const heavy = ['pg', 'xstate', 'p-queue']
    const loaded = (entry: string) => heavy.filter((name) => loadedWith(entry, src).has(name))
    expect(loaded('src/index.ts')).toEqual([])
    expect(loaded('src/telemetry/index.ts')).toEqual([])
    // A thread is started for each `threads` of a queue, so what it loads counts.
    expect(loaded('src/threads/entry.ts')).toEqual([])
    expect(loaded('src/instance.ts')).toEqual(heavy)
  })
})

describe('files', () => {
  test('are short', () => {
    expect(long([...code, ...tests])).toEqual([])
    expect(long([parseModule('src/a.ts', '\n'.repeat(401))])).toEqual(['src/a.ts'])
    expect(long([parseModule('src/a.ts', '\n'.repeat(400))])).toEqual([])
  })

  test('are named after their subject', () => {
    expect(vague([...code, ...tests].map(pathOf))).toEqual([])
    expect(vague(['src/engine/utils.ts', 'src/types.ts', 'src/term.ts'])).toEqual([
      'src/engine/utils.ts',
      'src/types.ts',
    ])
  })
})

describe('code', () => {
  test('has no hole in its types', () => {
    expect(find(code, hole)).toEqual([])
    expect(silenced(code)).toEqual([])
    const bad = parseModule('src/a.ts', 'let a: any = b!; c as unknown as D // @ts-ignore')
    expect(find([bad], hole)).toEqual(['src/a.ts: any', 'src/a.ts: x!', 'src/a.ts: as … as'])
    expect(silenced([bad])).toEqual(['src/a.ts'])
  })

  test('takes time and chance as inputs', () => {
    const others = code.filter((module) => !isSource(module))
    expect(find(others, clockOrChance)).toEqual([])
    const bad = 'setTimeout(f); Date.now(); new Date(); new Date(0); f(Math.random); clock.now()'
    expect(find([parseModule('src/a.ts', bad)], clockOrChance)).toEqual([
      'src/a.ts: setTimeout',
      'src/a.ts: Date.now',
      'src/a.ts: new Date()',
      'src/a.ts: Math.random',
    ])
  })
})

describe('tests', () => {
  test('wait for events, never for time to pass', () => {
    const patient = tests.filter(({ path }) => !/^test\/(bench|chaos|fixtures|load)\//.test(path))
    expect(find(patient, nap)).toEqual([])
    const bad =
      'await sleep(5); await expect.poll(f); clock.setTimeout(f); ' +
      "import { setTimeout } from 'node:timers/promises'"
    expect(find([parseModule('test/a.test.ts', bad)], nap)).toEqual([
      'test/a.test.ts: sleep',
      'test/a.test.ts: expect.poll',
      'test/a.test.ts: node:timers/promises',
    ])
  })

  test('are there for every actor', () => {
    expect(untested(src.map(pathOf), tests.map(pathOf))).toEqual([])
    const actors = ['src/actors/acker.ts', 'src/actors/new.ts', 'src/job.ts']
    expect(untested(actors, ['test/actors/acker.test.ts'])).toEqual(['src/actors/new.ts'])
  })

  test('stand where their subject stands', () => {
    const files = tests.map(pathOf)
    expect(astray(files)).toEqual([])
    expect(
      astray([
        'test/job.test.ts',
        'test/job-ids.test.ts',
        'test/engine/a.test.ts',
        'test/a.test.ts',
      ]),
    ).toEqual(['test/a.test.ts'])
    expect(astray(['test/queues/a.test.ts'])).toEqual(['test/queues/a.test.ts'])
  })
})
