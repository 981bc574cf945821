/**
 * Draw the supervision tree of an instance that really runs into docs/supervision-tree.md, between the
 * two markers. With `--check` nothing is written, and a drawing that differs is a failure.
 *
 * Needs what `node .ci/build.mjs` makes, and a database with the schema: the one at DATABASE_URL, or
 * the embedded one in .oban/.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Oban } from '../dist/src/index.js'

const page = fileURLToPath(new URL('../docs/supervision-tree.md', import.meta.url))
const command = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url))
const between = /(<!-- drawn by \.ci\/draw-tree\.mjs -->).*(<!-- end of the drawing -->)/s

/** A queue of each kind. */
const queues = { media: { limit: 10, threads: 2 }, mail: { limit: 5, execution: 'inline' } }

/** With an entry, or there would be no actor for it; one that is not due while this runs. */
const cron = { crontab: [{ expression: '0 0 29 2 *', worker: 'Leap' }] }

function budget({ strategy, maxRestarts, maxSeconds }) {
  return `${strategy.padEnd(12)}  ${maxRestarts} in ${maxSeconds} s`
}

function rows({ children }, indent = '') {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1
    const below = child.tree ? rows(child.tree, `${indent}${isLast ? '   ' : '│  '}`) : []

    return [
      [`${indent}${isLast ? '└─ ' : '├─ '}${child.id}`, child.tree && budget(child.tree)],
      ...below,
    ]
  })
}

function draw(tree) {
  const all = [['root', budget(tree)], ...rows(tree)]
  const width = Math.max(...all.map(([actor]) => actor.length))
  const title = `${''.padEnd(width)}  strategy      restarts`
  const lines = all.map(([actor, said = '']) => `${actor.padEnd(width)}  ${said}`.trimEnd())

  return ['```text', title, ...lines, '```'].join('\n')
}

async function snapshot() {
  const { DATABASE_URL } = process.env
  if (!DATABASE_URL) execFileSync(process.execPath, [command, 'install'], { stdio: 'inherit' })
  const database = DATABASE_URL || { embedded: { dataDir: '.oban' } }
  const all = { queues, cron, metrics: true, reindexer: true }
  const oban = new Oban({ name: 'draw-tree', database, ...all, logger: false })
  await oban.start()
  const tree = oban.snapshot()
  await oban.stop()

  return tree
}

const text = readFileSync(page, 'utf8')
const drawn = text.replace(between, `$1\n\n${draw(await snapshot())}\n\n$2`)
if (!process.argv.includes('--check')) {
  writeFileSync(page, drawn)
} else if (drawn !== text) {
  console.error(
    'the drawing in docs/supervision-tree.md is not of this tree: node .ci/draw-tree.mjs',
  )
  process.exitCode = 1
}
