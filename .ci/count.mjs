/**
 * Print the closing line of a test run, `N passed, N failed`, from the report that vitest wrote.
 *
 * A file that cannot be loaded has no failed test in the report, and an error outside of any test is not
 * in it at all: whatever made the run fail counts as one failure at least.
 */
import { readFileSync } from 'node:fs'

const [path, status] = process.argv.slice(2)

function readReport() {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    console.error(`no report of the tests: ${error.message}`)

    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 }
  }
}

const {
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests,
  testResults = [],
} = readReport()
const unloaded = testResults.filter(
  ({ status: result, assertionResults }) =>
    result === 'failed' && assertionResults.every((each) => each.status !== 'failed'),
)
const failed = Math.max(numFailedTests + unloaded.length, status === '0' ? 0 : 1)
const skipped = numPendingTests + numTodoTests
console.log(
  `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
)
