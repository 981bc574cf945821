/** What `npm run bench` can be told. */
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** First parts of the names of cases; all when there are none. */
  readonly cases: readonly string[]
  /** Jobs of a drain, and of an insert in bulk. */
  readonly n: number
  /** Rows of the cases that need a large table. */
  readonly rows: number
  /** Instead of the limits, threads and prefetches that are measured without them. */
  readonly limit: number | undefined
  readonly threads: number | undefined
  readonly prefetch: number | undefined
  /** Bytes of padding in the arguments of each job. */
  readonly bytes: number
  readonly rounds: number
  /** How long what happens at a pace is watched. */
  readonly seconds: number
  readonly peers: boolean
  readonly profile: string | undefined
  readonly json: boolean
  readonly guard: boolean
  readonly list: boolean
  readonly help: boolean
}

export const USAGE = `npm run bench -- [options]

Measures this build beside references on a PostgreSQL of its own, which waits for its disk as production
does. Systems take turns within a run, so look at the ratios: rates move with the disk and with whatever
else the machine does. References are plain SQL with nothing around it, and other job systems from npm.
All of it takes about 20 minutes on a machine with two processors that has nothing else to do.

  --case NAME     only cases whose names begin with these parts; may be given several
                  times, as drain/inline                                                (all)
  --list          print the names of these cases, and run nothing
  --n N           jobs of a drain, and of an insert in bulk; what takes less than a second
                  says little, as its start and its end count                             (30000)
  --rows N        rows of the cases with a large table                                   (1000000)
  --limit N       jobs at once, instead of the limits that are measured without it
  --threads N     threads, 0 for an inline queue; likewise
  --prefetch N    jobs claimed ahead; likewise
  --bytes N       bytes of padding in the arguments of each job                          (0)
  --rounds N      how often each system runs; its median counts. Growth, backlog, idle
                  and memory run once                                                    (3)
  --seconds N     how long what happens at a pace is watched; an idle node at least 30,
                  a backlog 15 times as long                                             (8)
  --no-peers      leave other job systems out
  --profile DIR   write CPU profiles of our processes to this folder
  --json          one line of JSON for each result, and nothing else
  --guard         a few short cases, whatever else is given; fails where a ratio is less
                  than half of what docs/performance.md says

Exit code 0: it ran; 1: it failed, or the guard found something; 2: the options cannot be followed.`

const OPTIONS = {
  case: { type: 'string', multiple: true, default: [] as string[] },
  n: { type: 'string', default: '30000' },
  rows: { type: 'string', default: '1000000' },
  limit: { type: 'string' },
  threads: { type: 'string' },
  prefetch: { type: 'string' },
  bytes: { type: 'string', default: '0' },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '8' },
  'no-peers': { type: 'boolean', default: false },
  profile: { type: 'string' },
  json: { type: 'boolean', default: false },
  guard: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** A batch of 1,000 such jobs is a gigabyte. */
const MOST_BYTES = 1_000_000
/** Of a queue. */
const MOST_PREFETCHED = 10_000
/** Of drains with settings of one's own. */
const DEFAULT_LIMIT = 100

function whole(name: string, text: string, least: number, most = Infinity): number {
  const value = Number(text)
  const isInside = value >= least && value <= most
  if (text.trim() !== '' && Number.isSafeInteger(value) && isInside) return value
  const bounds = most === Infinity ? `from ${least}` : `from ${least} to ${most}`
  throw new RangeError(`--${name}: expected a whole number ${bounds}, found "${text}"`)
}

function wholeIfGiven(
  name: string,
  text: string | undefined,
  least: number,
  most?: number,
): number | undefined {
  return text === undefined ? undefined : whole(name, text, least, most)
}

/** @throws {TypeError | RangeError} when they cannot be followed */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const options = {
    cases: values.case.map((name) => name.replace(/\/+$/, '')),
    n: whole('n', values.n, 100),
    rows: whole('rows', values.rows, 1_000),
    limit: wholeIfGiven('limit', values.limit, 1),
    threads: wholeIfGiven('threads', values.threads, 0),
    prefetch: wholeIfGiven('prefetch', values.prefetch, 0, MOST_PREFETCHED),
    bytes: whole('bytes', values.bytes, 0, MOST_BYTES),
    rounds: whole('rounds', values.rounds, 1),
    seconds: whole('seconds', values.seconds, 1),
    peers: !values['no-peers'],
    profile: values.profile,
    json: values.json,
    guard: values.guard,
    list: values.list,
    help: values.help,
  }
  const { limit = DEFAULT_LIMIT, threads = 0 } = options
  if (threads > limit) {
    throw new RangeError(`--threads: expected at most the limit of ${limit}, found "${threads}"`)
  }

  return options
}
