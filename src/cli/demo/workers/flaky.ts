/** Throws twice and then succeeds, to show what retries look like. */
import { defineWorker, record } from '../../../index.ts'

export const Flaky = defineWorker({
  name: 'Flaky',
  maxAttempts: 5,
  backoff: () => 1,
  process({ attempt }) {
    if (attempt < 3) throw new Error('this worker fails twice, on purpose')

    return record({ attempts: attempt })
  },
})
