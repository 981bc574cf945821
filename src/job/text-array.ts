/** PostgreSQL's text form of a one-dimensional array: `{a,"b c",NULL}`. */

/** An element with quotes, in which a backslash escapes any character, or one without. */
const element = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)/gs

/** What was read last: all jobs of a claim were claimed by the same producer. */
let last: { readonly text: string; readonly strings: readonly string[] } = {
  text: '{}',
  strings: [],
}

/** The strings of an array; NULLs are left out, and what is not an array has none. */
export function parseTextArray(text: string | null): string[] {
  if (!text?.startsWith('{') || text === '{}') return []
  if (text !== last.text) last = { text, strings: read(text) }

  return [...last.strings]
}

function read(text: string): string[] {
  // Without quotes, as most are: each run has two of them. NULL is written bare.
  if (isPlain(text)) return text.slice(1, -1).split(',')

  const strings: string[] = []
  for (const [, quoted, bare] of text.matchAll(element)) {
    if (quoted !== undefined) strings.push(quoted.replaceAll(/\\(.)/gs, '$1'))
    else if (bare !== undefined && bare !== 'NULL') strings.push(bare)
  }

  return strings
}

function isPlain(text: string): boolean {
  return !text.includes('"') && !text.includes('NULL') && !text.includes('{', 1)
}

/** Strings as PostgreSQL reads them; it writes quotes only where it must. */
export function formatTextArray(strings: readonly string[]): string {
  return `{${strings.map(writeElement).join(',')}}`
}

function writeElement(text: string): string {
  // Most are ids, of which an acknowledgement has a thousand.
  const isSafe = !text.includes('"') && !text.includes('\\')

  return `"${isSafe ? text : text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
