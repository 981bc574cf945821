/** What npm would publish: what is in it, and who can load it how. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { beforeAll, describe, expect, test } from 'vitest'
import { createProject, type Project } from './support/documents.ts'
import { root } from './support/modules.ts'
import { startProgram } from './support/program.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// Compilers and programs of their own: minutes on a busy machine, seconds on an idle one.
const patience = 120_000

interface Packed {
  readonly filename: string
  /** Of the archive, in bytes. */
  readonly size: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const dependencies = Object.keys(manifest.dependencies)
/** What entries need that a project installs itself. */
const peers = ['@nestjs/common', '@nestjs/core', '@opentelemetry/api', 'vitest']

/** What users import: `oban-ts`, `oban-ts/supervisors`, … */
const entries = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => path.replace('.', 'oban-ts'))

function pack(folder: string): Packed {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const [packed]: Packed[] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }))
  if (packed === undefined) throw new Error('npm has packed nothing')

  return { ...packed, filename: join(folder, packed.filename) }
}

let packed: Packed

beforeAll(() => {
  const folder = temporaryFolder()
  packed = pack(folder)

  return () => {
    rmSync(folder, { recursive: true })
  }
})

/** A project that has installed the archive. */
function install(compilerOptions: object = {}): Project {
  const project = createProject([...dependencies, ...peers, '@types/node'], compilerOptions)
  const installed = join(project.folder, 'node_modules/oban-ts')
  rmSync(installed, { recursive: true })
  mkdirSync(installed)
  execFileSync('tar', ['-xzf', packed.filename, '--strip-components=1', '-C', installed])

  return project
}

async function run({ folder }: Project, ...args: string[]) {
  const { code, stdout, stderr } = await startProgram(args, { cwd: folder }).ended

  return { code, stdout: stdout.trimEnd(), stderr }
}

describe('the package', () => {
  test('holds what is run, its types and its statements, and nothing else', () => {
    const others = packed.files
      .map(({ path }) => path)
      .filter((path) => !/^dist\/(src|supervisors)\/.*(\.js|\.d\.ts|\.sql)$/.test(path))
      .filter((path) => !/^dist\/migrations\/\d{3}_\w+\.sql$/.test(path))

    expect(others.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    expect(packed.size).toBeLessThan(700_000)
  })

  test('is what the API reference describes', () => {
    const folder = join(root, 'docs/reference')
    const { entryPoints }: { entryPoints: string[] } = JSON.parse(
      readFileSync(join(folder, 'typedoc.json'), 'utf8'),
    )
    const sources = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [] : target.default.replace('dist', '../..'),
    )

    expect(entryPoints.toSorted()).toEqual(
      sources.map((path) => path.replace('./', '').replace('.js', '.ts')).toSorted(),
    )
  })

  test('runs nothing when it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall']
    expect(hooks.filter((name) => name in manifest.scripts)).toEqual([])
  })

  test(
    'is found by every way of resolving that knows exports',
    async () => {
      const archive = Uint8Array.from(readFileSync(packed.filename)).buffer
      const { messages } = await publint({ pack: { tarball: archive }, strict: true })
      expect(messages).toEqual([])

      const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
      const { code, stdout } = await startProgram([attw, packed.filename, '--profile', 'esm-only'])
        .ended
      expect(code, stdout).toBe(0)
    },
    patience,
  )

  test.each([
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ])(
    'has types for $moduleResolution',
    async (options) => {
      const strict = { strict: true, noEmit: true, target: 'es2022', types: ['node'] }
      const project = install({ ...strict, ...options, skipLibCheck: true })
      const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}'`)
      const uses = entries.map(
        (_, index) => `export const names${index} = Object.keys(entry${index})`,
      )
      project.write('all.ts', [...imports, ...uses].join('\n'))
      const compiler = join(root, 'node_modules/typescript/bin/tsc')

      expect(await run(project, compiler)).toEqual({ code: 0, stdout: '', stderr: '' })
    },
    patience,
  )

  test.each(entries)('%s is imported and required, and does nothing by that', async (entry) => {
    const project = install()
    const report = `
      console.log(JSON.stringify([Object.keys(all).length > 0, process.getActiveResourcesInfo(), process.eventNames()]))`
    project.write('nothing.mjs', `import * as all from 'node:path'\n${report}`)
    project.write('imported.mjs', `import * as all from '${entry}'\n${report}`)
    project.write('required.cjs', `const all = require('${entry}')\n${report}`)
    project.write('nothing.cjs', `const all = require('node:path')\n${report}`)

    expect(await run(project, 'imported.mjs')).toEqual(await run(project, 'nothing.mjs'))
    expect(await run(project, 'required.cjs')).toEqual(await run(project, 'nothing.cjs'))
  })
})
