/** An error in one line, as people want to read it. */

/** What names a class and adds nothing to the message behind it. */
const CLASS = /^(?:caused by )?(?:\w*Error(?: \[\w+\])?: )?/

/** The message and those of its causes, without classes and stacks. Jobs have theirs stored as text. */
export function errorWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const messages = text
    .split('\n')
    .filter((line, index) => index === 0 || line.startsWith('caused by '))
    .map((line) => line.replace(CLASS, ''))

  return messages.join(': ').replaceAll(/: Error(?: \[\w+\])?: /g, ': ')
}
