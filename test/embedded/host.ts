/** Other processes that use an embedded server, as another user where a test needs one. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = fileURLToPath(new URL('../fixtures/embedded-host.mjs', import.meta.url))

/** What the process said: a server, or the error instead. */
export interface Report {
  readonly url?: string
  readonly attached?: boolean
  readonly dataDir?: string
  readonly code?: string
  readonly message?: string
}

export interface Host {
  readonly report: Report
  /** Kill the process, which leaves it no time for anything. */
  kill9(): Promise<void>
  /** Let it stop its handle and come to its end by itself. Resolves to its exit code. */
  stop(): Promise<number>
  /** Let it come to its end without stopping. Resolves to its exit code. */
  leave(): Promise<number>
}

export interface HostOptions {
  readonly dataDir?: string
  readonly cwd?: string
  readonly temporaryFolder?: string
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** Compile what the processes load, if it is older than its source. */
export function build(): void {
  execFileSync(process.execPath, ['.ci/build.mjs', '--if-older'], { cwd: root, stdio: 'inherit' })
}

/** Start a process that starts a server; resolves with what it reports. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { dataDir, cwd = root, temporaryFolder, user } = options
  const child = spawn(process.execPath, [program, ...(dataDir === undefined ? [] : [dataDir])], {
    cwd,
    env: { PATH: process.env['PATH'], TMPDIR: temporaryFolder ?? process.env['TMPDIR'] },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...user,
  })
  const exit = once(child, 'exit')
  const [line]: string[] = await once(createInterface(child.stdout), 'line')
  const report: Report = JSON.parse(line ?? '')
  // A process that reported an error has ended by itself, and reads no command.
  child.stdin.on('error', () => {})
  const end = async (command: string) => {
    child.stdin.end(`${command}\n`)
    const [code]: number[] = await exit

    return code ?? -1
  }

  return {
    report,
    kill9: async () => {
      child.kill('SIGKILL')
      await exit
    },
    stop: () => end('stop'),
    leave: () => end('leave'),
  }
}
