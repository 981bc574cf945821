/** A contender's process: it does what it is asked, one thing after the other, and answers. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { killAtExit } from '../support/kill-at-exit.ts'

/** Longer than the slowest drain of a million jobs, in milliseconds. */
const ANSWER_MS = 900_000
/** How long a process may take to end by itself. */
const END_MS = 30_000

interface Answer {
  readonly answer?: unknown
  /** Stack of what it threw instead. */
  readonly error?: string
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null
}

export interface ProgramOptions {
  /** From the folder of this file. */
  readonly file: string
  /** Its only argument, as JSON. */
  readonly input: object
  readonly execArgv?: readonly string[]
}

export class Program {
  readonly #child: ChildProcess
  readonly #file: string

  private constructor(file: string, child: ChildProcess) {
    this.#file = file
    this.#child = child
  }

  /** @throws {Error} when it does not come up */
  static async start({ file, input, execArgv = [] }: ProgramOptions): Promise<Program> {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const child = fork(path, [JSON.stringify(input)], {
      // Those of this process load TypeScript, which a measured process must not be slowed down by.
      execArgv: [...(file.endsWith('.ts') ? ['--import', 'tsx'] : []), ...execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    killAtExit(child)
    const program = new Program(file, child)
    try {
      await program.#next()
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }

    return program
  }

  /** @throws {Error} when it failed, ended, or did not answer in time */
  async ask<Answered>(verb: string, params: object = {}): Promise<Answered> {
    this.#child.send({ verb, params })

    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own programs
    return (await this.#next()) as Answered
  }

  async #next(): Promise<unknown> {
    const signal = AbortSignal.timeout(ANSWER_MS)
    const [message]: unknown[] = await Promise.race([
      once(this.#child, 'message', { signal }),
      once(this.#child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${this.#file} ended with ${code}`)
      }),
    ])
    if (!isAnswer(message)) throw new Error(`${this.#file} does not answer as it should`)
    if (message.error !== undefined) throw new Error(`${this.#file}: ${message.error}`)

    return message.answer
  }

  /** Stop in order; one that does not end is killed. */
  async end(): Promise<void> {
    const ended = once(this.#child, 'exit')
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), END_MS)
    if (this.#child.connected) this.#child.disconnect()
    await ended
    clearTimeout(killing)
  }
}
