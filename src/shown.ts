import { inspect } from 'node:util'

/** A refused value as it appears in a message: one short line, whatever it is. */
export function shown(value: unknown): string {
  const text = inspect(value, {
    depth: 0,
    maxStringLength: 60,
    maxArrayLength: 5,
    breakLength: 120,
  })

  return text.replaceAll(/\s+/g, ' ').slice(0, 120)
}
