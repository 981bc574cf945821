import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineCommand, jsonOption } from './command.ts'

/** The version in `package.json`, found by the package's own name from `src` as from `dist`. */
function packageVersion(): string {
  const path = createRequire(import.meta.url).resolve('oban-ts/package.json')
  const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8'))

  return version
}

export const versionCommand = defineCommand({
  name: 'version',
  summary: 'print the version of oban-ts',
  options: jsonOption,
  examples: [{ line: 'oban version', description: 'of oban-ts and of Node.js' }],

  run({ options, print }) {
    const version = packageVersion()
    print(
      options.json
        ? JSON.stringify({ version, node: process.versions.node })
        : `oban-ts ${version}, Node.js ${process.versions.node}`,
    )
  },
})
