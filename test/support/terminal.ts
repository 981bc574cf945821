/** A command on a pseudo terminal, as `script` of util-linux makes one. */
import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished } from 'vitest'

export interface Terminal {
  /** Resolves when so much has been shown since the last call that the text is in it. */
  readonly shows: (text: string) => Promise<void>
  readonly press: (keys: string) => void
  readonly signal: (name: NodeJS.Signals) => void
  /** With everything that was written, controls included. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
}

export interface TerminalOptions {
  /** Default: 80 */
  readonly columns?: number
  /** Default: 24 */
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** Start Node.js with the arguments. */
export function startTerminal(
  args: readonly string[],
  { columns = 80, rows = 24, env }: TerminalOptions = {},
): Terminal {
  const command = [process.execPath, ...args].map(quoted).join(' ')
  // The shell tells its process, which Node.js takes over.
  const shell = `stty cols ${columns} rows ${rows}; echo process $$; exec ${command}`
  const child = spawn('script', ['-qfec', shell, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm-256color', ...env },
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let output = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code, output })
    })
  })

  return {
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const at = stripVTControlCharacters(output.slice(seen)).indexOf(text)
          if (at === -1) return
          seen = output.length
          child.stdout.off('data', look)
          resolve()
        }
        child.stdout.on('data', look)
        child.on('close', () => {
          reject(new Error(`ended without showing "${text}"\n${output}`))
        })
        look()
      }),
    press: (keys) => {
      child.stdin.write(keys)
    },
    signal: (name) => {
      const pid = Number(/process (\d+)/.exec(output)?.[1])
      process.kill(pid, name)
    },
    ended,
  }
}
