/**
 * Print the test files that failed, a line each, when a second look at them is worth it: when they are few.
 * Many failures are a defect, and so is a run that failed outside of any test.
 */
import { relative } from 'node:path'
import { failedFiles, readReport } from './report.mjs'

const MOST = 3

const files = failedFiles(readReport(process.argv[2]))
if (files.length <= MOST) for (const { name } of files) console.log(relative('.', name))
