/** Which part of the code may import which, and which part each package belongs to. */

interface Layer {
  readonly name: string
  readonly files: RegExp
  /** The layers below that it may import, beside its own. */
  readonly uses: readonly string[]
  /** Those of which it may know the types only. */
  readonly knows?: readonly string[]
}

/** From the bottom to the top; a file belongs to the first that it matches. */
export const layers: readonly Layer[] = [
  { name: 'supervisors', files: /^supervisors\//, uses: [] },
  { name: 'telemetry', files: /^src\/telemetry\//, uses: ['values'] },
  { name: 'engine', files: /^src\/engine\//, uses: ['values'] },
  { name: 'notifier', files: /^src\/notifier\//, uses: ['values'], knows: ['supervisors'] },
  { name: 'embedded', files: /^src\/embedded\//, uses: ['values'] },
  // A job that brings a client of its own inserts by itself; the engine is loaded then.
  { name: 'threads', files: /^src\/threads\//, uses: ['supervisors', 'values', 'engine'] },
  // Machines own no resources: what they do to the world is an input, typed by who does it.
  {
    name: 'actors',
    files: /^src\/actors\//,
    uses: ['supervisors', 'values'],
    knows: ['actors', 'engine', 'notifier', 'telemetry', 'threads'],
  },
  // The names and messages of actors are types, so that no effect depends on who asks for it.
  {
    name: 'runtime',
    files: /^src\/runtime\//,
    uses: ['supervisors', 'values', 'telemetry', 'engine', 'notifier', 'threads'],
    knows: ['actors'],
  },
  {
    name: 'tree',
    files: /^src\/tree\//,
    uses: ['supervisors', 'values', 'threads', 'actors', 'runtime'],
  },
  {
    name: 'instance',
    files: /^src\/(drain|instance)\.ts$/,
    uses: ['supervisors', 'values', 'telemetry', 'engine', 'runtime', 'tree'],
  },
  {
    name: 'backend',
    files: /^src\/backend\.ts$/,
    uses: ['values', 'telemetry', 'engine', 'notifier', 'embedded'],
  },
  // Jobs that run in the call that enqueues them. Loaded by tests only.
  {
    name: 'modes',
    files: /^src\/modes\//,
    uses: ['values', 'telemetry', 'runtime', 'threads'],
    knows: ['supervisors'],
  },
  {
    name: 'facade',
    files: /^src\/(oban|lazy-backend|mode-switch|job-control|queue-control|index)\.ts$/,
    uses: ['values', 'telemetry', 'engine', 'threads', 'backend', 'instance', 'modes'],
    knows: ['supervisors'],
  },
  {
    name: 'otel',
    files: /^src\/otel\//,
    uses: ['values', 'telemetry'],
    knows: ['facade'],
  },
  {
    name: 'nestjs',
    files: /^src\/nestjs\.ts$/,
    uses: ['values', 'facade'],
  },
  {
    name: 'cli',
    files: /^src\/cli\//,
    // `oban tree` asks nodes that run elsewhere, without an instance of its own.
    // `oban start` imports a file of the user's as threads import theirs, TypeScript included.
    uses: ['values', 'telemetry', 'engine', 'notifier', 'embedded', 'threads', 'facade'],
    knows: ['supervisors'],
  },
  // What users import into their tests.
  {
    name: 'testing',
    files: /^src\/testing\//,
    uses: ['values', 'telemetry', 'engine', 'threads', 'modes'],
    knows: ['facade'],
  },
  {
    name: 'values',
    files: /^src\/((adapters|config|cron|job|metrics|protocol|term|worker)\/)?[^/]+\.ts$/,
    uses: [],
    // The options of the logger name events.
    knows: ['telemetry'],
  },
]

interface Home {
  readonly loads: RegExp
  /** Where its types may be named too: they cost nothing at run time. */
  readonly knows?: RegExp
}

/** Every package has one home, and so has every part of Node.js that does more than compute. */
export const homes: Readonly<Record<string, Home>> = {
  pg: {
    loads: /^src\/(engine|notifier|embedded)\//,
    knows: /^src\/(backend\.ts|instance\.ts|(runtime|tree|cli)\/)/,
  },
  '@opentelemetry/api': { loads: /^src\/otel\// },
  xstate: { loads: /^(supervisors\/|src\/actors\/|src\/instance\.ts$)/ },
  'p-queue': { loads: /^src\/((drain|instance)\.ts$|runtime\/)/, knows: /^src\/threads\// },
  zod: {
    loads:
      /^src\/(config\/|notifier\/(answers|endings|payload|portrait-schema|reply-id|signal)\.ts$|cli\/)/,
  },
  '@nestjs/common': { loads: /^src\/nestjs\.ts$/ },
  '@nestjs/core': { loads: /^src\/nestjs\.ts$/ },
  ora: { loads: /^src\/cli\// },
  // Whoever calls the matchers brings them.
  expect: { loads: /^$/, knows: /^src\/testing\/jest\.ts$/ },
  vitest: { loads: /^$/, knows: /^src\/testing\/vitest\.ts$/ },
  'node:async_hooks': { loads: /^src\/(threads|modes|testing)\// },
  'node:child_process': { loads: /^src\/(embedded|cli)\// },
  'node:diagnostics_channel': { loads: /^src\/telemetry\// },
  'node:events': { loads: /^src\/(embedded|cli)\// },
  // Whether a worker's module is a .js or a .ts is seen from what is there.
  'node:fs': { loads: /^src\/(engine|embedded|cli)\/|^src\/config\/worker-modules\.ts$/ },
  'node:fs/promises': { loads: /^src\/(embedded|cli)\// },
  'node:http': { loads: /^src\/cli\// },
  'node:module': { loads: /^src\/(threads|embedded|cli)\// },
  'node:net': { loads: /^src\/(engine|notifier|embedded)\// },
  // How busy a thread is can be read from outside of it.
  'node:perf_hooks': { loads: /^$/, knows: /^src\/threads\// },
  'node:timers': { loads: /^src\/clock\.ts$/ },
  'node:timers/promises': { loads: /^src\/(notifier|threads|embedded|cli)\// },
  'node:v8': { loads: /^src\/threads\// },
  'node:worker_threads': { loads: /^src\/threads\// },
}

export const harmless = /^node:(buffer|console|crypto|os|path|stream\/promises|url|util|zlib)$/

export function layerOf(path: string): Layer | undefined {
  return layers.find(({ files }) => files.test(path))
}
