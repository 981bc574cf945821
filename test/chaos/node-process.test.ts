import { expect, onTestFinished, test } from 'vitest'
import { startProgram } from '../support/program.ts'

/** A harness that breaks down while its node is frozen. */
const BROKEN = `
import { NodeProcess } from './test/chaos/node-process.ts'

const node = new NodeProcess({ node: 'frozen', url: '', queues: {}, ledger: '.' })
node.signal('SIGSTOP')
console.log('frozen ' + node.pid)
throw new Error('the harness is broken')
`

test('a frozen node ends with a harness that breaks down', async () => {
  const program = startProgram(['--import', 'tsx', '--input-type=module', '--eval', BROKEN])
  const pid = Number(await program.shown(/^frozen (\d+)$/m))
  let hasEnded = false
  onTestFinished(() => {
    if (!hasEnded) process.kill(pid, 'SIGKILL')
  })
  // The node has the same standard error, which is open as long as it lives.
  const { code, stderr } = await program.ended
  hasEnded = true

  expect(code).toBe(1)
  expect(stderr).toContain('the harness is broken')
})
