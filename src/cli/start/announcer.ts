/**
 * Says what becomes of the node: as lines for people, or, where the log is JSON, as objects among those
 * of the log, which are what the reader of such a log expects and nothing else.
 */
import type { ObanOptions } from '../../config/options.ts'

type Level = 'info' | 'warn'

interface Output {
  readonly print: (line: string) => void
  readonly warn: (line: string) => void
  readonly now: () => Date
}

/** @param fields - what a program makes use of, of a log in JSON */
export type Announce = (
  level: Level,
  event: `node.${string}`,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

export function announcer(logger: ObanOptions['logger'], { print, warn, now }: Output): Announce {
  const write = { info: print, warn } as const

  return (level, event, message, fields = {}) => {
    if (isJson(logger)) {
      print(JSON.stringify({ time: now().toISOString(), level, event, ...fields, message }))
    } else {
      write[level](message)
    }
  }
}

function isJson(logger: ObanOptions['logger']): boolean {
  return logger === 'json' || Reflect.get(Object(logger), 'encode') === 'json'
}
