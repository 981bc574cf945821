import { inspect } from 'node:util'

/** A refused value as it appears in a message: one short line, whatever it is. */
export function shown(value: unknown): string {
  try {
    const text = inspect(value, {
      depth: 0,
      maxStringLength: 60,
      maxArrayLength: 5,
      breakLength: 120,
      // What the caller says of it may throw, and may be of any length.
      customInspect: false,
    })

    return text.replaceAll(/\s+/g, ' ').slice(0, 120)
  } catch {
    // A getter of it throws, such as that of its class's name.
    return `an unreadable ${typeof value}`
  }
}
