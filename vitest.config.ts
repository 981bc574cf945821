import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Most of the time the tests wait for processes, threads and the database, not for a processor.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // What hangs is told late rather than what is slow on a machine with two processors and much else to do.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
