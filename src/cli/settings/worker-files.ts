/** Finds worker modules by patterns, which only the command line and its file may hold. */
import { basename, resolve } from 'node:path'
import { isPattern, matchFiles } from './glob.ts'

/** What an entry stands for: files, or nothing, in words. */
export type FoundFiles = { readonly files: readonly string[] } | { readonly message: string }

/** Splits at commas, but not at those of `{a,b}`. */
export function splitPatterns(list: string): string[] {
  return list
    .split(/,(?![^{]*\})/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/**
 * The modules that a pattern or a path names, seen from a folder. Where nothing ends in `.js` as the
 * pattern wants, what ends in `.ts` counts, so that one serves the sources and the build.
 */
export function findWorkerFiles(pattern: string, folder: string): FoundFiles {
  // Whether there is such a file is seen with all other entries.
  if (!isPattern(pattern)) return { files: [resolve(folder, pattern)] }
  const files = modulesOf(pattern, folder)
  const source = pattern.replace(/\.([cm]?)js$/, '.$1ts')
  const found = files.length > 0 ? files : modulesOf(source, folder)
  if (found.length > 0) return { files: found }

  return { message: `expected modules that match "${pattern}" in ${folder}, found none` }
}

function modulesOf(pattern: string, folder: string): string[] {
  const modules = matchFiles(pattern, folder).filter((path) => isModule(basename(path)))
  const built = new Set(modules)

  return modules.filter((path) => {
    const twin = path.replace(/\.([cm]?)ts$/, '.$1js')

    return twin === path || !built.has(twin)
  })
}

/** Not a declaration, nor a test that stands beside its worker. */
function isModule(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name) && !/\.(d|test|spec)\.[cm]?[jt]s$/.test(name)
}
