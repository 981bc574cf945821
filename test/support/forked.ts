/** A program of the fixtures in a process of its own, which tells what it does. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { killAtExit } from './kill-at-exit.ts'

export interface Forked {
  readonly signal: (signal: NodeJS.Signals) => void
  /** Stop in order; resolves when the process has ended. */
  readonly stop: () => Promise<void>
}

export interface ForkOptions<Told> {
  /** Its file in `test/fixtures`. */
  readonly program: string
  /** Its only argument, as JSON. */
  readonly input: object
  readonly isTold: (message: unknown) => message is Told
  readonly onTold: (told: Told) => void
}

/** Start it; at the end of the test it is killed. */
export function forkProgram<Told>({ program, input, isTold, onTold }: ForkOptions<Told>): Forked {
  const file = fileURLToPath(new URL(`../fixtures/${program}`, import.meta.url))
  const child = fork(file, [JSON.stringify(input)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  killAtExit(child)
  child.on('message', (message) => {
    if (isTold(message)) onTold(message)
  })
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve())
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })

  return {
    signal: (signal) => child.kill(signal),
    stop: async () => {
      child.send('stop')
      await ended
    },
  }
}

/** Those who wait for something that is told. */
export class Watchers {
  readonly #each = new Set<() => void>()

  /** Something was told. */
  look(): void {
    for (const watcher of this.#each) watcher()
  }

  /** Resolves with the first find, now or when something is told. */
  until<Found>(find: () => Found | undefined): Promise<Found> {
    return new Promise((resolve) => {
      const watcher = () => {
        const found = find()
        if (found === undefined) return
        this.#each.delete(watcher)
        resolve(found)
      }
      this.#each.add(watcher)
      watcher()
    })
  }
}
