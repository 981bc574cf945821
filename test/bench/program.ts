/** A contender's process: it does what it is asked, one thing after the other, and answers. */
import { fork, type ChildProcess } from 'node:child_process'
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

interface Asker {
  readonly resolve: (answer: unknown) => void
  readonly reject: (reason: Error) => void
}

const living = new Set<Program>()
let areAllKilled = false

export class Program {
  readonly #child: ChildProcess
  readonly #file: string
  readonly #ended: Promise<void>
  #asker: Asker | undefined
  #over: Error | undefined

  private constructor(file: string, child: ChildProcess) {
    this.#file = file
    this.#child = child
    living.add(this)
    child.on('message', (message) => {
      this.#hear(message)
    })
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#over = new Error(`${file} ended with ${code ?? signal}`)
        this.#asker?.reject(this.#over)
        living.delete(this)
        resolve()
      })
    })
  }

  /** @throws {Error} when it does not come up, or all were killed */
  static async start({ file, input, execArgv = [] }: ProgramOptions): Promise<Program> {
    if (areAllKilled) throw new Error(`${file} is not started any more`)
    const path = fileURLToPath(new URL(file, import.meta.url))
    const child = fork(path, [JSON.stringify(input)], {
      // Those of this process load TypeScript, which a measured process must not be slowed down by.
      execArgv: [...(file.endsWith('.ts') ? ['--import', 'tsx'] : []), ...execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A Ctrl-C is for us, who end them.
      detached: true,
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

  /** Kill all of them, whatever they do, and start no other: who waits for one is told. */
  static killAll(): void {
    areAllKilled = true
    for (const program of living) program.#child.kill('SIGKILL')
  }

  /** @throws {Error} when it has ended */
  throwIfOver(): void {
    if (this.#over !== undefined) throw this.#over
  }

  /** @throws {Error} when it failed, ended, or did not answer in time */
  async ask<Answered>(verb: string, params: object = {}): Promise<Answered> {
    this.throwIfOver()
    const answered = this.#next()
    this.#child.send({ verb, params })

    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own programs
    return (await answered) as Answered
  }

  #hear(message: unknown): void {
    if (!isAnswer(message) || this.#asker === undefined) return
    const { resolve, reject } = this.#asker
    if (message.error === undefined) resolve(message.answer)
    else reject(new Error(`${this.#file}: ${message.error}`))
  }

  async #next(): Promise<unknown> {
    const late = setTimeout(() => {
      this.#asker?.reject(new Error(`${this.#file} does not answer`))
    }, ANSWER_MS)
    try {
      return await new Promise((resolve, reject) => {
        this.#asker = { resolve, reject }
      })
    } finally {
      this.#asker = undefined
      clearTimeout(late)
    }
  }

  /** Stop in order; one that does not end is killed. */
  async end(): Promise<void> {
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), END_MS)
    if (this.#child.connected) this.#child.disconnect()
    await this.#ended
    clearTimeout(killing)
  }
}
