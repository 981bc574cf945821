/**
 * Compile `src` and `supervisors` to `dist`, with the SQL beside the code that reads it.
 *
 * `--if-older` does nothing when `dist` is newer than every source: `npm ci --ignore-scripts` skips
 * `prepare`, and a user who may not write to the folder must still be able to run what is built.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'dist/src/index.js')
const sources = ['src', 'supervisors', 'migrations', 'tsconfig.json', 'tsconfig.build.json']

function newest(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs

  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

function isFresh() {
  return (
    existsSync(stamp) &&
    sources.every((source) => newest(join(root, source)) < statSync(stamp).mtimeMs)
  )
}

if (!(process.argv.includes('--if-older') && isFresh())) {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  })
  for (const folder of ['migrations', 'src/engine/queries']) {
    cpSync(join(root, folder), join(root, 'dist', folder), {
      recursive: true,
      filter: (path) => path.endsWith('.sql') || statSync(path).isDirectory(),
    })
  }
  // Whoever looks at the stamp next compares it with sources that may have changed meanwhile.
  utimesSync(stamp, new Date(), new Date())
}
