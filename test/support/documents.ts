/** The TypeScript in the documentation, and a project of a user in which it is tried. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { filesBelow, root } from './modules.ts'

/** A fenced block. */
export interface Block {
  /** The document and the line where it begins. */
  readonly place: string
  readonly language: string
  /** What stands behind the language: the name of a file that others import. */
  readonly name: string | undefined
  readonly code: string
}

/** The documents that promise their examples to work. */
export const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...filesBelow('docs').filter((path) => path.endsWith('.md') && !path.includes('node_modules')),
]

export function blocksOf(
  document: string,
  text = readFileSync(join(root, document), 'utf8'),
): Block[] {
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map((match) => {
    const [, language = '', name, code = ''] = match
    const line = text.slice(0, match.index).split('\n').length

    return { place: `${document}:${line}`, language, name, code }
  })
}

/** The files that a document links to. */
export function linksOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')

  return [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target)
}

export interface Project {
  readonly folder: string
  /** Write a file and return its path. */
  write(name: string, text: string): string
}

/**
 * Make a project that has this package as npm would install it, and some others.
 *
 * @param packages - names of other packages that the project can import
 * @param atEnd - takes what removes the project. Default: done when the test has finished
 */
export function createProject(
  packages: readonly string[],
  compilerOptions: object,
  atEnd: (remove: () => void) => void = onTestFinished,
): Project {
  const folder = mkdtempSync(join(tmpdir(), 'oban-docs-'))
  atEnd(() => {
    rmSync(folder, { recursive: true })
  })
  const installed = join(folder, 'node_modules/oban-ts')
  for (const part of ['dist', 'package.json']) {
    cpSync(join(root, part), join(installed, part), { recursive: true })
  }
  for (const name of packages) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  const write = (name: string, text: string) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)

    return path
  }
  write('package.json', JSON.stringify({ type: 'module' }))
  write('tsconfig.json', JSON.stringify({ compilerOptions }))

  return { folder, write }
}
