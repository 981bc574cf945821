import { describe, expect, test } from 'vitest'
import { InvalidIdError, InvalidJobError } from '../../src/errors.ts'
import { insertion } from '../../src/job/insertion.ts'
import { defineWorker } from '../../src/worker.ts'

function startInsertion() {
  const asked: number[] = []
  const find = async (id: number): Promise<undefined> => void asked.push(id)
  const store = {
    insert: async () => [],
    find,
    change: async () => undefined,
    cancel: async () => false,
  }

  return { asked, enqueuer: insertion({ name: 'Oban', store, maxArgsBytes: undefined }) }
}

describe('insertion', () => {
  // As a job's thread has it, with no facade before it.
  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('does not look for a job %d', async (id) => {
    const { asked, enqueuer } = startInsertion()

    await expect(enqueuer.getJob(id)).rejects.toThrow(new InvalidIdError(id))
    expect(asked).toEqual([])
  })

  test('finds no job where the store has none', async () => {
    const { asked, enqueuer } = startInsertion()

    expect(await enqueuer.getJob(7)).toBe(undefined)
    expect(asked).toEqual([7])
  })

  test('refuses options of a job beside a request, which would be lost', async () => {
    const { enqueuer } = startInsertion()
    const request = { worker: 'Greet', args: {}, options: {} }
    const call: object = { priorty: 1, queue: 'mail' }

    await expect(enqueuer.enqueue(request, call)).rejects.toThrow(
      new InvalidJobError('Greet', [
        { path: 'priorty', message: 'is not an option' },
        { path: 'queue', message: 'is not an option' },
      ]),
    )
    await expect(enqueuer.enqueueMany([request], call)).rejects.toMatchObject({
      problems: [{ path: 'priorty' }, { path: 'queue' }],
    })
  })

  test('says which of many is refused', async () => {
    const { enqueuer } = startInsertion()
    const good = { worker: 'Greet', args: {}, options: {} }
    const refusal = async (wrong: unknown) =>
      enqueuer.enqueueMany([good, JSON.parse(JSON.stringify(wrong))])

    await expect(refusal({ ...good, options: { priority: 10 } })).rejects.toThrow(
      'invalid job for worker "Greet": [1].priority: must be an integer from 0 to 9, got 10',
    )
    await expect(refusal({ ...good, args: 'x' })).rejects.toThrow(
      'invalid args for worker "Greet": [1]: must be an object, got a string',
    )
    await expect(refusal(5)).rejects.toMatchObject({ problems: [{ path: '[1]' }] })
    await expect(refusal({ worker: 'Greet', args: {} })).rejects.toThrow(
      'oban.enqueue(Worker.new(args))',
    )
  })

  test('forgets no schema that takes its time beside a job that is refused at once', async () => {
    const { enqueuer } = startInsertion()
    const refused = new Error('the schema has lost its connection')
    const validate = () => Promise.reject(refused)
    const slow = defineWorker({
      name: 'Slow',
      args: { '~standard': { version: 1, vendor: 'test', validate } },
      process: () => {},
    })
    const wrong = { worker: 'Greet', args: 'x', options: {} }

    // The other rejection would end the process.
    await expect(enqueuer.enqueueMany([slow.new({}), wrong])).rejects.toThrow()
    await expect(enqueuer.enqueueMany([slow.new({})])).rejects.toBe(refused)
  })

  test('refuses options of a call that it does not know, or that are none', async () => {
    const { enqueuer } = startInsertion()
    const slip: object = { clent: {} }
    const unknown = { code: 'OBAN_CONFIG', problems: [{ path: 'clent', suggestion: 'client' }] }
    const nothing = { code: 'OBAN_CONFIG', problems: [{ path: 'options' }] }
    const request = { worker: 'Greet', args: {}, options: {} }

    await expect(enqueuer.getJob(1, slip)).rejects.toMatchObject(unknown)
    await expect(enqueuer.cancelJob(1, slip)).rejects.toMatchObject(unknown)
    await expect(enqueuer.updateJob(1, {}, slip)).rejects.toMatchObject(unknown)
    await expect(enqueuer.getJob(1, JSON.parse('null'))).rejects.toMatchObject(nothing)
    await expect(enqueuer.enqueue(request, JSON.parse('null'))).rejects.toMatchObject(nothing)
    await expect(enqueuer.waitForJob(1, JSON.parse('{"timout":1}'))).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [{ path: 'timout', suggestion: 'timeout' }],
    })
    await expect(enqueuer.waitForJob(1, JSON.parse('{"signal":{}}'))).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [{ path: 'signal' }],
    })
  })
})
