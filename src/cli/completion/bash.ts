/** Writes what bash completes `oban` with. For bash 3.2 too, which macOS has: no mapfile, no compopt. */
import type { Command, OptionSpec } from '../command.ts'

export function bashScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(' ')

  return `# Completion of oban for bash: source <(oban completion bash)
_oban_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_oban_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$cur"))
  if type compopt >/dev/null 2>&1; then compopt -o filenames 2>/dev/null; fi
}
_oban() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  # For bash the = of --log=json is a word of its own.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]] && ((COMP_CWORD > 2)); then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if ((COMP_CWORD == 1)); then
    _oban_words '${names} help'
    return
  fi
  case "\${COMP_WORDS[1]} $prev" in
${commands.flatMap((command) => valueCases(command)).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
    help) _oban_words '${names}' ;;
${commands.map((command) => commandCase(command)).join('\n')}
  esac
}
complete -F _oban oban
`
}

/** What follows an option that takes a value. */
function valueCases({ name, options }: Command): string[] {
  return Object.entries(options)
    .filter(([, { type }]) => type === 'string')
    .map(([option, spec]) => `    '${name} --${option}') ${valueOf(spec)}return ;;`)
}

/** Nothing for a value that nobody can guess. */
function valueOf({ words, completes }: OptionSpec): string {
  if (words !== undefined) return `_oban_words '${words.join(' ')}'; `

  return completes === 'file' ? '_oban_files; ' : ''
}

function commandCase({ name, options, operands }: Command): string {
  const flags = ['help', ...Object.keys(options)].map((option) => `--${option}`)
  const all = [...(operands?.words ?? []), ...flags].join(' ')
  // Where files are meant, options are offered to who begins one.
  const files =
    operands?.completes === 'file' ? `if [[ $cur != -* ]]; then _oban_files; return; fi; ` : ''

  return `    ${name}) ${files}_oban_words '${all}' ;;`
}
