import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineWorker, record } from '../../src/index.ts'
import { performJob } from '../../src/testing/index.ts'

describe('performJob', () => {
  test('gives the body its arguments as the schema makes them of JSON', async () => {
    const Resize = defineWorker({
      name: 'Perform.Resize',
      args: z.object({ path: z.string(), width: z.number().default(80), at: z.coerce.date() }),
      process: ({ args, id }) =>
        record({ width: args.width, at: args.at.getTime(), hasId: id > 0 }),
    })

    const { state, recorded } = await performJob(Resize, { path: 'a.png', at: '2030-01-31' })

    expect({ state, recorded }).toEqual({
      state: 'completed',
      recorded: { width: 80, at: Date.UTC(2030, 0, 31), hasId: true },
    })
  })
})
