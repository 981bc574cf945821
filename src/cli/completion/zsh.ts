/** Writes what zsh completes `oban` with, with a word about each. */
import type { Command, OptionSpec } from '../command.ts'

export function zshScript(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => `      ${quote(`${name}:${summary}`)}`)

  return `#compdef oban
# Completion of oban for zsh: source <(oban completion zsh), after compinit
_oban() {
  local -a commands
  commands=(
${described.join('\n')}
      'help:list the commands, or describe one'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  (( CURRENT-- ))
  shift words
  case $command in
    help) _describe command commands ;;
${commands.map((command) => commandCase(command)).join('\n')}
  esac
}
if [[ $funcstack[1] == _oban ]]; then _oban "$@"; else compdef _oban oban; fi
`
}

function commandCase({ name, options, operands }: Command): string {
  const specs = Object.entries(options).map(([option, spec]) => quote(specOf(option, spec)))
  const words = operands?.words
  if (words !== undefined)
    specs.push(quote(`1:${escape(operands?.description ?? '')}:(${words.join(' ')})`))
  if (operands?.completes === 'file') specs.push(quote('*:path:_files'))

  return `    ${name}) _arguments '--help[show this text]' ${specs.join(' ')} ;;`
}

function specOf(
  option: string,
  { type, value = 'value', words, completes, description }: OptionSpec,
): string {
  const about = `[${escape(description)}]`
  if (type === 'boolean') return `--${option}${about}`
  const choice =
    completes === 'file' ? '_files' : words === undefined ? ' ' : `(${words.join(' ')})`

  return `--${option}=${about}:${escape(value)}:${choice}`
}

/** Of a specification these end a part. */
function escape(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
