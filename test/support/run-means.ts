import type { RunMeans } from '../../src/worker/execution.ts'

/** For a job that nobody stores. */
export const runMeans: RunMeans = {
  wasCancelled: () => false,
  updateMeta: () => Promise.resolve(true),
  complete: () => Promise.resolve(),
}
