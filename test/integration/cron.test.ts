/** Periodic jobs of whole instances. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import { ConfigError } from '../../src/errors.ts'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_crons'))

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url)

function optionsFor(options: ObanOptions): ObanOptions {
  return { database: database.url, ...options }
}

function idsBelow(node: { readonly children: readonly object[] }): string[] {
  return JSON.stringify(node).match(/"id":"[^"]+"/g) ?? []
}

describe('an instance', () => {
  test('inserts what the workers of its modules say, and runs it', async () => {
    const options = optionsFor({
      workers: [fixture('crons.js')],
      queues: { media: 1 },
      cron: { crontab: [{ expression: '@reboot', worker: 'Cron.Named', tags: ['first'] }] },
    })
    const { oban, told } = await startOban(options)
    const { jobs } = await told.until('cron.insert')
    expect(jobs.map(({ worker, queue }) => `${worker} ${queue}`).toSorted()).toEqual([
      'Cron.Named media',
      'Cron.Resize media',
    ])
    await Promise.all(jobs.map(({ id }) => told.ended(id)))
    const resize = jobs.find(({ worker }) => worker === 'Cron.Resize')
    const [named] = jobs.filter(({ worker }) => worker === 'Cron.Named')

    expect(await oban.getJob(resize?.id ?? 0)).toMatchObject({
      state: 'completed',
      args: { width: 80 },
      meta: {
        tenant: 7,
        cron: true,
        cron_expr: '@reboot',
        cron_tz: 'UTC',
        cron_name: resize?.name,
      },
    })
    expect(await oban.getJob(named?.id ?? 0)).toMatchObject({ state: 'completed', tags: ['first'] })
  })

  test('lists its entries, and shows in its tree how many there are', async () => {
    const options = optionsFor({
      workers: [fixture('crons.js')],
      queues: { media: 1 },
      cron: { timezone: 'America/New_York' },
    })
    const { oban, told } = await startOban(options)
    await told.until('cron.insert')
    const crons = oban.listCrons()

    expect(crons).toMatchObject([
      { worker: 'Cron.Nightly', expression: '@daily', timezone: 'America/New_York' },
      { worker: 'Cron.Resize', expression: '@reboot', nextRun: undefined, lastRun: undefined },
      { worker: 'Cron.Resize', expression: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' },
    ])
    const [nightly] = crons
    const distance = (nightly?.nextRun?.getTime() ?? 0) - (nightly?.lastRun?.getTime() ?? 0)
    expect(distance / 3_600_000).toBeGreaterThanOrEqual(23)
    expect(JSON.stringify(oban.snapshot())).toContain('"entries":3')
  })

  test('needs no queue for it, nor that of the jobs', async () => {
    const options = optionsFor({ workers: [fixture('crons.js')], pruner: false })
    const { oban, told } = await startOban(options)
    const { jobs } = await told.until('cron.insert')

    expect(jobs.map(({ worker, queue }) => [worker, queue])).toEqual([['Cron.Resize', 'media']])
    expect(oban.listCrons()).toHaveLength(3)
  })

  test('inserts nothing when it is not to, and has no actor for it', async () => {
    const options = optionsFor({
      workers: [fixture('crons.js')],
      queues: { media: 1 },
      cron: false,
    })
    const { oban } = await startOban(options)

    expect(oban.listCrons()).toEqual([])
    expect(idsBelow(oban.snapshot())).not.toContain('"id":"cron"')
  })

  test('takes definitions as they are', async () => {
    const Inline = defineWorker({
      name: 'Cron.Inline',
      queue: 'here',
      cron: { expression: '@reboot', name: 'inline' },
      process() {},
    })
    const options = optionsFor({
      workers: [Inline],
      queues: { here: { limit: 1, execution: 'inline' } },
      cron: { crontab: [{ expression: '@reboot', worker: Inline, name: 'again' }] },
    })
    const { told } = await startOban(options)
    const { jobs } = await told.until('cron.insert')
    await Promise.all(jobs.map(({ id }) => told.ended(id)))

    expect(jobs.map(({ name }) => name).toSorted()).toEqual(['again', 'inline'])
  })

  test('wakes the queues of other nodes', async () => {
    const name = 'CronWake'
    const run = optionsFor({
      name,
      workers: [fixture('crons.js')],
      queues: { media: 1 },
      cron: false,
    })
    const { told } = await startOban({ ...run, stager: { interval: { minutes: 5 } } })
    await startOban(optionsFor({ name, workers: [fixture('crons.js')] }))
    const { jobs } = await told.until('cron.insert')

    await Promise.all(jobs.map(({ id }) => told.ended(id)))
    expect(told.all('job.stop').map(({ state }) => state)).toEqual(['success'])
  })
})

describe('start()', () => {
  test.each([['threads'], ['inline']] as const)(
    'refuses arguments that the schema of a module refuses, with %s',
    async (execution) => {
      const options = optionsFor({
        workers: [fixture('crons-wrong.js'), fixture('crons.js')],
        queues: { default: { limit: 1, execution } },
        cron: {
          crontab: [{ expression: '@hourly', worker: 'Cron.Resize', args: { width: 'no' } }],
        },
      })

      await expect(makeOban(options).oban.start()).rejects.toThrow(
        new ConfigError([
          {
            path: 'cron "@hourly" of Cron.Wrong: args.width',
            message: 'is not a whole number',
          },
          {
            path: 'cron "@hourly" of Cron.Resize: args.width',
            message: 'is not a whole number',
          },
        ]),
      )
    },
  )

  test('refuses two entries of one name', async () => {
    const entry = { expression: '@hourly', worker: 'Elixir.Report', name: 'mine' }
    const options = optionsFor({ cron: { crontab: [entry, { ...entry, expression: '@daily' }] } })

    await expect(makeOban(options).oban.start()).rejects.toThrow(
      'cron: "@hourly" of Elixir.Report and "@daily" of Elixir.Report have one name, "mine"',
    )
  })
})
