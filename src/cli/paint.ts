/** Colours, where they are wanted: on a terminal whose user has not set NO_COLOR. */
import { styleText } from 'node:util'

export type Style = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow'

export type Paint = (style: Style, text: string) => string

export function paintFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Paint {
  const coloured = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'

  return coloured ? (style, text) => styleText(style, text) : (_, text) => text
}
