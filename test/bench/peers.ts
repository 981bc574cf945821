/** Other job systems, each a package of its own below `peers/`, so that this one never depends on them. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onDatabase } from './contenders.ts'
import { drainOnce, WARM_UP_JOBS, warmUp } from './drain-run.ts'
import { MissingPeerError, type Contender, type Stage } from './family.ts'
import { Program } from './program.ts'
import { startRedis } from './redis.ts'
import { systemOfPeer } from './system.ts'

interface Peer {
  /** Folder below `peers/`. */
  readonly folder: string
  readonly settings: object
  readonly needsRedis?: boolean
  /** One of so many jobs is enough: the others would take minutes. Default: 1 */
  readonly oneOf?: number
}

const PEERS = {
  'graphile-worker': { folder: 'graphile-worker', settings: {}, oneOf: 10 },
  'graphile-worker-fast': {
    folder: 'graphile-worker',
    settings: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
  },
  'pg-boss': { folder: 'pg-boss', settings: {} },
  'bullmq-redis': { folder: 'bullmq', settings: {}, needsRedis: true },
  'bullmq-postgres': { folder: 'bullmq', settings: {}, oneOf: 20 },
} as const satisfies Record<string, Peer>

export type PeerName = keyof typeof PEERS

export const peerNames = [
  'graphile-worker-fast',
  'pg-boss',
  'bullmq-redis',
  'bullmq-postgres',
] as const satisfies readonly PeerName[]

const installs = new Map<string, Promise<void>>()

async function installOnce(folder: string): Promise<void> {
  const path = fileURLToPath(new URL(`./peers/${folder}`, import.meta.url))
  if (existsSync(`${path}/node_modules/.package-lock.json`)) return
  try {
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: path,
    })
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n')
    throw new MissingPeerError(`npm ci in test/bench/peers/${folder} failed: ${line}`, {
      cause: error,
    })
  }
}

/** @throws {MissingPeerError} when it cannot be installed */
function install(folder: string): Promise<void> {
  const known = installs.get(folder) ?? installOnce(folder)
  installs.set(folder, known)

  return known
}

/** Run something with a peer's process on a database of its own. */
export async function withPeer<Result>(
  stage: Stage,
  name: PeerName,
  limit: number,
  use: (program: Program, url: string) => Promise<Result>,
): Promise<Result> {
  const peer: Peer = PEERS[name]
  if (!stage.options.peers) throw new MissingPeerError('--no-peers')
  await install(peer.folder)
  const redis = peer.needsRedis === true ? await startRedis() : undefined
  try {
    return await onDatabase(stage, async (url) => {
      const program = await Program.start({
        file: `./peers/${peer.folder}/program.js`,
        input: { url, limit, settings: peer.settings, redisPort: redis?.port },
      })
      try {
        return await use(program, url)
      } finally {
        await program.end()
      }
    })
  } finally {
    await redis?.stop()
  }
}

export function peerDrain(name: string, peer: PeerName, limit: number): Contender {
  const { oneOf = 1 }: Peer = PEERS[peer]

  return {
    name,
    measure: (stage) =>
      withPeer(stage, peer, limit, async (program, url) => {
        const system = await systemOfPeer(url, stage.options.bytes, program)
        try {
          await warmUp([system], Math.ceil(WARM_UP_JOBS / oneOf))

          return await drainOnce(stage.server, [system], Math.ceil(stage.options.n / oneOf))
        } finally {
          await system.close()
        }
      }),
  }
}
