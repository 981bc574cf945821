/**
 * Imports modules of the user, TypeScript included: Node.js strips types by itself from 22.18 on, before
 * that the package `tsx` does.
 */
import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { TypeScriptError } from '../errors.ts'

/** The part of `tsx/esm/api` that is used. */
interface Tsx {
  readonly register: (options?: { readonly namespace: string }) => Scope
}

interface Scope {
  /** Only of a scope with a namespace. */
  readonly import?: (specifier: string, parent: string) => Promise<object>
}

/** Whether this Node.js loads a module only with the help of tsx. */
function needsTsx(specifier: string): boolean {
  const isNative = Boolean(Reflect.get(process.features, 'typescript'))

  return /\.[cm]?ts(\?.*)?$/.test(specifier) && !isNative
}

/** The user's own tsx comes first: it fits the user's `tsconfig.json` and Node.js. */
function locateTsx(specifier: string): string {
  const places = specifier.startsWith('file:') ? [fileURLToPath(specifier)] : []
  const causes: unknown[] = []
  for (const place of [...places, import.meta.url]) {
    try {
      const found = createRequire(place).resolve('tsx/esm/api')

      // Its CommonJS twin looks for the rest of tsx in the wrong folder.
      return pathToFileURL(found.replace(/\.cjs$/, '.mjs')).href
    } catch (error) {
      causes.push(error)
    }
  }
  throw new TypeScriptError(specifier, { cause: causes[0] })
}

/** Opened once for all modules, which share what they import. */
let scope: Promise<Scope> | undefined

/**
 * Have tsx load TypeScript from now on. A thread is ours, and all of it may be TypeScript. The main
 * thread is the application's: there tsx sees what is imported from here, and nothing else.
 */
async function openScope(tsx: string): Promise<Scope> {
  const { register }: Tsx = await import(tsx)

  return isMainThread ? register({ namespace: 'oban-ts' }) : register()
}

/**
 * Import a module by its URL or specifier.
 *
 * @throws {TypeScriptError} when it is TypeScript, and nothing here can load that
 */
export async function importModule(specifier: string): Promise<object> {
  if (!needsTsx(specifier)) return import(specifier)
  if (isMainThread) {
    const native = await importAsIs(specifier)
    if (native) return native
  }
  const tsx = locateTsx(specifier)
  scope ??= openScope(tsx)
  const { import: load } = await scope

  return load === undefined ? import(specifier) : load(specifier, import.meta.url)
}

/** Undefined when Node.js does not know the file's kind: an application that runs in tsx itself does. */
async function importAsIs(specifier: string): Promise<object | undefined> {
  try {
    return await import(specifier)
  } catch (error) {
    if (Object(error).code === 'ERR_UNKNOWN_FILE_EXTENSION') return undefined
    throw error
  }
}
