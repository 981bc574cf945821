/** What vitest reported as JSON. */
import { readFileSync } from 'node:fs'

export function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    console.error(`no report of the tests: ${error.message}`)

    return {
      numPassedTests: 0,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: [],
    }
  }
}

export function failedFiles({ testResults }) {
  return testResults.filter(({ status }) => status === 'failed')
}
