/** The drawing in docs/supervision-tree.md is of the tree that an instance has. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { useDatabase } from './support/database.ts'
import { root } from './support/modules.ts'
import { startProgram } from './support/program.ts'

const database = useDatabase()

test('the drawing of the tree is what a running instance is; if not: node .ci/draw-tree.mjs', async () => {
  const { ended } = startProgram([join(root, '.ci/draw-tree.mjs'), '--check'], {
    env: { DATABASE_URL: database.url },
  })

  expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' })
})
