/** Child processes that must not outlive us: a frozen one does not notice that its parent is gone. */
import type { ChildProcess } from 'node:child_process'

const children = new Set<ChildProcess>()

// Also after an error that nobody caught, when nothing else cleans up.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Kill it when this process exits, if it lives by then. */
export function killAtExit(child: ChildProcess): void {
  children.add(child)
  child.once('exit', () => children.delete(child))
}
