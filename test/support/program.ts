import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Program {
  /** Resolves when standard output has the line; rejects when the program ends without it. */
  readonly printed: (line: string) => Promise<void>
  /** Resolves when standard output has so many lines. */
  readonly printedLines: (count: number) => Promise<void>
  /** Resolves with the first group of the pattern once standard output has it. */
  readonly shown: (pattern: RegExp) => Promise<string>
  /** Resolves when standard error has the text; rejects when the program ends without it. */
  readonly warned: (text: string) => Promise<void>
  readonly ended: Promise<Ended>
  readonly signal: (name: NodeJS.Signals) => void
}

export interface ProgramOptions {
  readonly cwd?: string
  /** Set on top of the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>
}

/** Start Node.js with the arguments. A program that outlives its test is killed. */
export function startProgram(args: readonly string[], { cwd, env }: ProgramOptions = {}): Program {
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code, stdout, stderr })
    })
  })
  const until = (test: (lines: readonly string[]) => boolean, what: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (test(stdout.split('\n'))) resolve()
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      child.on('close', () => {
        reject(new Error(`ended without printing ${what}\n${stdout}${stderr}`))
      })
      look()
    })
  const printed = (line: string) => until((lines) => lines.includes(line), `"${line}"`)
  const printedLines = (count: number) => until((lines) => lines.length > count, `${count} lines`)

  const shown = async (pattern: RegExp) => {
    await until(() => pattern.test(stdout), String(pattern))

    return pattern.exec(stdout)?.[1] ?? ''
  }
  const warned = (text: string) => until(() => stderr.includes(text), `"${text}" to stderr`)

  return { printed, printedLines, shown, warned, ended, signal: (name) => child.kill(name) }
}
