import { expect, onTestFinished, test } from 'vitest'
import { Scaler, scaledWords, type ScalerOptions } from '../../../src/cli/demo/scaler.ts'
import { emit } from '../../../src/telemetry/channels.ts'

const run = 'demo-1'

function startScaler(scaleQueue: ScalerOptions['oban']['scaleQueue'] = () => Promise.resolve()) {
  const told: string[] = []
  const scaler = new Scaler({
    oban: { scaleQueue, checkQueue: () => undefined },
    run,
    onScaled: (scaled) => told.push(scaledWords(scaled)),
  })
  onTestFinished(scaler.dispose)
  const fields = { instance: 'Oban', node: 'n', id: 1, worker: 'Digest', queue: 'files' }
  const times = { attempt: 1, maxAttempts: 3, durationMs: 1, queueTimeMs: 0 }

  return {
    scaler,
    told,
    look: (scan: 'ended' | 'running', ended: number, total: number) => {
      const byWorker = new Map([
        ['Scan', { total: 1, ended: scan === 'ended' ? 1 : 0 }],
        ['Digest', { total, ended }],
      ])
      scaler.look({ byQueue: new Map(), byWorker })
    },
    digested: (tags: readonly string[] = [run]) => {
      emit('job.stop', { ...fields, ...times, tags, state: 'success' })
    },
    failed: () => {
      emit('job.exception', {
        ...fields,
        ...times,
        tags: [run],
        state: 'failure',
        error: new Error('e'),
      })
    },
  }
}

test('scales once half of the files are digested', async () => {
  const { scaler, told, look, digested, failed } = startScaler()
  look('ended', 0, 4)
  digested()
  failed()
  digested(['demo-2'])
  expect(await scaler.scaled()).toBeUndefined()

  digested()
  const half = { ended: 2, total: 4 }
  expect(await scaler.scaled()).toEqual({ queue: 'files', from: 2, to: 4, ...half, jobs: [] })
  digested()
  look('ended', 4, 4)
  await scaler.scaled()
  expect(told).toEqual(['files from 2 to 4 threads at 50 %'])
})

test('waits for the end of the scan, which alone knows how many files there are', async () => {
  const { scaler, told, look } = startScaler()
  look('running', 3, 4)
  expect(await scaler.scaled()).toBeUndefined()

  look('ended', 3, 5)
  await scaler.scaled()
  expect(told).toEqual(['files from 2 to 4 threads at 60 %'])
})

test('does nothing without files', async () => {
  const { scaler, look } = startScaler()
  look('ended', 0, 0)

  expect(await scaler.scaled()).toBeUndefined()
})

test('keeps a failure until somebody asks', async () => {
  const { scaler, look } = startScaler(() => Promise.reject(new Error('stopped')))
  look('ended', 1, 1)

  await expect(scaler.scaled()).rejects.toThrow('stopped')
})
