/** The scripts are run by the shells that they are for. */
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { bashScript } from '../../src/cli/completion/bash.ts'
import { zshScript } from '../../src/cli/completion/zsh.ts'
import { folderWith } from '../support/folder-with.ts'

const names = [...commands.map(({ name }) => name), 'help']

function optionsOf(name: string): string[] {
  const command = commands.find((candidate) => candidate.name === name)

  return ['--help', ...Object.keys(command?.options ?? {}).map((option) => `--${option}`)]
}

/** What bash offers for the last of the words, in a folder with two files. */
function inBash(...words: readonly string[]): string[] {
  const folder = folderWith('oban.config.mjs', '')
  writeFileSync(join(folder, 'other file.txt'), '')
  const script = `${bashScript(commands)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _oban; printf '%s\\n' "\${COMPREPLY[@]}"`

  return execFileSync('bash', ['-c', script, 'bash', 'oban', ...words], { cwd: folder })
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}

describe('oban completion bash', () => {
  test('offers commands', () => {
    expect(inBash('').toSorted()).toEqual(names.toSorted())
    expect(inBash('st')).toEqual(['start'])
    expect(inBash('help', 'ver')).toEqual(['version'])
  })

  test.each(commands)('offers the options of oban $name', ({ name, operands }) => {
    const own = inBash(name, '--').toSorted()

    expect(own).toEqual(optionsOf(name).toSorted())
    if (operands?.words) expect(inBash(name, '')).toEqual([...operands.words, ...optionsOf(name)])
  })

  test('offers the words that a value may be, after a space and after =', () => {
    const kinds = ['json', 'pretty', 'silent']

    expect(inBash('start', '--log', '')).toEqual(kinds)
    expect(inBash('start', '--log', 'p')).toEqual(['pretty'])
    expect(inBash('start', '--log', '=')).toEqual(kinds)
    expect(inBash('start', '--log', '=', 'j')).toEqual(['json'])
  })

  test('offers files where one is wanted, and nothing for what nobody can guess', () => {
    expect(inBash('start', '--config', '').toSorted()).toEqual([
      'oban.config.mjs',
      'other file.txt',
    ])
    expect(inBash('demo', 'oth')).toEqual(['other file.txt'])
    expect(inBash('start', '--prefix', '')).toEqual([])
    expect(inBash('dance', '')).toEqual([])
  })

  test('registers itself, and prints nothing', () => {
    const folder = folderWith('completion.bash', bashScript(commands))
    const { stdout, stderr } = spawnSync('bash', ['-c', '. ./completion.bash; complete -p oban'], {
      cwd: folder,
      encoding: 'utf8',
    })

    expect([stdout, stderr]).toEqual(['complete -F _oban oban\n', ''])
  })
})

const isZshHere = spawnSync('zsh', ['--version']).status === 0

/** The command line that zsh makes of another with a tab at its end. */
function inZsh(line: string): string {
  const folder = folderWith('oban.config.mjs', zshScript(commands))
  // A shell of its own on a terminal of its own, as nothing completes without one.
  const script = `
    zmodload zsh/zpty
    zpty shell 'TERM=dumb zsh -f -i'
    zpty -w shell "PS1=; autoload -Uz compinit && compinit -u -D; source ./oban.config.mjs"
    zpty -w shell "show() { print -r -- \\"<<\\$BUFFER>>\\"; BUFFER=; zle accept-line }; zle -N show; bindkey '^X' show; print set-up"
    zpty -r shell out '*set-up*set-up*'
    zpty -w -n shell "$1"$'\\t'$'\\x18'
    zpty -r shell out '*<<*>>*'
    print -r -- "\${out##*<<}"
    zpty -d shell`
  const { stdout } = spawnSync('zsh', ['-f', '-c', script, 'zsh', line], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })

  return stdout.split('>>', 1)[0] ?? ''
}

describe.skipIf(!isZshHere)(`oban completion zsh${isZshHere ? '' : ' (no zsh here)'}`, () => {
  test.each([
    ['oban sta', 'oban start '],
    ['oban start --dry', 'oban start --dry-run '],
    ['oban start --log js', 'oban start --log json '],
    ['oban start --log=pre', 'oban start --log=pretty '],
    ['oban start --config oban.c', 'oban start --config oban.config.mjs '],
    ['oban queues pa', 'oban queues pause '],
    ['oban demo oban.c', 'oban demo oban.config.mjs '],
    ['oban start --prefix js', 'oban start --prefix js'],
  ])('makes of "%s" "%s"', (line, completed) => {
    expect(inZsh(line)).toBe(completed)
  })
})
