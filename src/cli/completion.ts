/** `oban completion`: what a shell needs to complete command lines, made of the same as the help. */
import { defineCommand, UsageError, type Command } from './command.ts'
import { bashScript } from './completion/bash.ts'
import { zshScript } from './completion/zsh.ts'

const SHELLS: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
}

/** @param commands - all there are, this one among them: known when it is run */
export function completionOf(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    summary: 'print a script that completes command lines in bash or zsh',
    options: {},
    operands: {
      usage: 'bash|zsh',
      description: 'the shell',
      words: Object.keys(SHELLS),
    },
    examples: [
      { line: 'source <(oban completion bash)', description: 'in ~/.bashrc' },
      { line: 'source <(oban completion zsh)', description: 'in ~/.zshrc, after compinit' },
    ],

    run({ operands: [shell = '', ...others], print }) {
      const script = SHELLS[shell]
      if (script === undefined || others.length > 0) {
        throw new UsageError('completion is for one shell: bash or zsh')
      }
      print(script(commands()).trimEnd())
    },
  })
}
