/**
 * Print the closing line of a test run, `N passed, N failed`, from the reports that vitest wrote: of the
 * run, and of the second look at the files that failed in it, if there was one.
 *
 * A file that cannot be loaded has no failed test in the report, and an error outside of any test is not
 * in it at all: whatever made the run fail counts as one failure at least.
 */
import { failedFiles, readReport } from './report.mjs'

const [path, status, secondPath, secondStatus] = process.argv.slice(2)

/** How many failed, those that could not be loaded and errors outside of tests too. */
function countFailed(report, exit) {
  const unloaded = failedFiles(report).filter(({ assertionResults }) =>
    assertionResults.every((each) => each.status !== 'failed'),
  )

  return Math.max(report.numFailedTests + unloaded.length, exit === '0' ? 0 : 1)
}

const first = readReport(path)
const before = countFailed(first, status)
const failed = secondPath ? countFailed(readReport(secondPath), secondStatus) : before
const skipped = first.numPendingTests + first.numTodoTests
const parts = [`${first.numPassedTests + before - failed} passed`, `${failed} failed`]
if (skipped > 0) parts.push(`${skipped} skipped`)
if (before > failed) parts.push(`${before - failed} passed at the second look only`)
console.log(parts.join(', '))
