/** Reads the text that a job's `errors` keeps of each failed attempt. */

/** The name of an error's class, and the rest of its first line. */
const FIRST_LINE = /^([\p{L}\p{N}_$.]+): (.*)$/su

/**
 * An error for the text of an entry, for those who collect errors: its name, its message without what it
 * was caused by, and the text as its stack, which is what a stack of V8 is.
 */
export function errorOfText(entry: string): Error {
  const lines = entry.split('\n')
  const end = lines.findIndex((line) => /^\s+at |^caused by /.test(line))
  const head = (end < 0 ? lines : lines.slice(0, end)).join('\n')
  const [, name = 'Error', message = head] = FIRST_LINE.exec(head) ?? []
  const error = new Error(message)
  error.name = name
  error.stack = entry

  return error
}
