import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathsOf } from '../support/config-problems.ts'

const url = 'postgres://localhost/app'

/** Values that no option takes, each under the place where it stands. */
const never = fc.constantFrom<unknown>(
  Number.NaN,
  -Infinity,
  -1,
  5n,
  Symbol('x'),
  () => {},
  new Date(),
  new Map(),
  [[]],
  'a\0b',
  '\uD800',
  Buffer.from('x'),
)

/** Where an option may stand, beside which of the others. */
const options = {
  name: ['name'],
  node: ['node'],
  prefix: ['prefix'],
  leadership: ['leadership'],
  notifier: ['notifier'],
  unknownWorkers: ['unknownWorkers'],
  shutdownGracePeriod: ['shutdownGracePeriod'],
  maxArgsBytes: ['maxArgsBytes'],
  testing: ['testing'],
  'stager.interval': ['stager', 'interval'],
  'stager.limit': ['stager', 'limit'],
  'pruner.maxAge': ['pruner', 'maxAge'],
  'pruner.limit': ['pruner', 'limit'],
  'pruner.interval': ['pruner', 'interval'],
  'pruner.ages.completed': ['pruner', 'ages', 'completed'],
  'cron.timezone': ['cron', 'timezone'],
  'vacuum.every': ['vacuum', 'every'],
  'metrics.counts': ['metrics', 'counts'],
  'synchronousCommit.fetch': ['synchronousCommit', 'fetch'],
  'threadOptions.bootTimeout': ['threadOptions', 'bootTimeout'],
  'threadOptions.resourceLimits.stackSizeMb': ['threadOptions', 'resourceLimits', 'stackSizeMb'],
  'queues.media.limit': ['queues', 'media', 'limit'],
  'queues.media.execution': ['queues', 'media', 'execution'],
  'queues.media.paused': ['queues', 'media', 'paused'],
  'queues.mail': ['queues', 'mail'],
} as const satisfies Record<string, readonly string[]>

/** Put a value where it belongs, into what is there already. */
function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path
  if (rest.length === 0) {
    into[first] = value

    return
  }
  const held = into[first]
  const inner: Record<string, unknown> = typeof held === 'object' ? { ...held } : {}
  put(inner, rest, value)
  into[first] = inner
}

/** What the path of a problem begins with: it may name a member of the value. */
const isAt = (path: string) => (problem: string) =>
  problem === path || problem.startsWith(`${path}.`) || problem.startsWith(`${path}[`)

describe('config with several wrong options', () => {
  test('names every one of them at once, and nothing else', () => {
    const some = fc.uniqueArray(fc.tuple(fc.constantFrom(...Object.entries(options)), never), {
      selector: ([[path]]) => path,
      minLength: 1,
      maxLength: 10,
    })
    fc.assert(
      fc.property(some, (wrong) => {
        const given: Record<string, unknown> = { database: url, queues: { media: { limit: 1 } } }
        for (const [[, path], value] of wrong) put(given, path, value)
        const found = pathsOf(given)
        const expected = wrong.map(([[path]]) => path)

        expect(expected.filter((path) => !found.some(isAt(path)))).toEqual([])
        expect(found.filter((path) => !expected.some((one) => isAt(one)(path)))).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})
