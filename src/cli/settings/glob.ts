/**
 * Finds files by a pattern: `*` and `?` within a name, `[abc]`, `{a,b}`, and `**` for any folders.
 * Node.js 20 has nothing for it. Never looks into `node_modules` or hidden folders for a `**`.
 */
import { readdirSync, statSync, type Dirent } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'

export function isPattern(text: string): boolean {
  return /[*?[\]{}]/.test(text)
}

/** The files that match, as absolute paths in their order. A relative pattern begins at the folder. */
export function matchFiles(pattern: string, folder: string): string[] {
  const files = new Set<string>()
  for (const one of expandBraces(pattern)) {
    const start = isAbsolute(one) ? resolve(one, '/') : folder
    walk(start, one.split('/').filter(isNamed), files)
  }

  return [...files].toSorted()
}

function isNamed(segment: string): boolean {
  return segment !== '' && segment !== '.'
}

/** `a.{js,ts}` → `a.js`, `a.ts`; from the innermost braces outwards. */
function expandBraces(pattern: string): string[] {
  const [whole, before = '', choices = '', after = ''] =
    /^(.*)\{([^{}]*)\}(.*)$/.exec(pattern) ?? []
  if (whole === undefined) return [pattern]

  return choices.split(',').flatMap((choice) => expandBraces(`${before}${choice}${after}`))
}

function walk(folder: string, segments: readonly string[], files: Set<string>): void {
  const [segment, ...rest] = segments
  if (segment === undefined) return
  if (segment === '**') {
    // Any number of folders, none among them; a pattern that ends here means all files below.
    walk(folder, rest.length === 0 ? ['*'] : rest, files)
    for (const entry of entriesOf(folder)) {
      const isOurs = entry.name !== 'node_modules' && !entry.name.startsWith('.')
      // A link to a folder is not followed, which might lead in a circle.
      if (entry.isDirectory() && isOurs) walk(join(folder, entry.name), segments, files)
    }

    return
  }
  for (const name of isPattern(segment) ? namesLike(segment, folder) : [segment]) {
    const path = join(folder, name)
    if (rest.length > 0) walk(path, rest, files)
    else if (statSync(path, { throwIfNoEntry: false })?.isFile()) files.add(path)
  }
}

function namesLike(segment: string, folder: string): string[] {
  const source = segment
    .replaceAll(/[.+^$()|\\]/g, String.raw`\$&`)
    .replaceAll(/[{}]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('[!', '[^')
  const expression = new RegExp(`^${source}$`, 'u')

  return entriesOf(folder)
    .map(({ name }) => name)
    .filter((name) => expression.test(name) && name.startsWith('.') === segment.startsWith('.'))
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    // A folder that is not there, is a file, or may not be read holds nothing that matches.
    const known = ['ENOENT', 'ENOTDIR', 'EACCES']
    if (known.includes(String(Object(error).code))) return []
    throw error
  }
}
