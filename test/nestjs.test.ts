/** The module itself; an application around it is in test/frameworks/nestjs.test.ts. */
import { Module, Scope } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { getObanToken, InjectOban, ObanModule, Processor } from '../src/nestjs.ts'
import type { Oban } from '../src/oban.ts'
import { defineJob } from '../src/worker.ts'
import { useDatabase } from './support/database.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const Note = defineJob({ name: 'Note', queue: 'notes' })
const inline = { notes: { limit: 1, execution: 'inline' as const } }
const timeout = { seconds: 15 }

/** What has happened, in order. */
type Story = string[]

/** A class with dependencies, made without the syntax of decorators. */
function withProcessor(story: Story, options?: { readonly oban?: string }) {
  class NoteProcessor {
    readonly #oban: Oban

    constructor(oban: Oban) {
      this.#oban = oban
      story.push('made')
    }

    async process(): Promise<void> {
      story.push(`run by ${this.#oban.name}`)
    }
  }
  InjectOban(options?.oban)(NoteProcessor, undefined, 0)
  Processor(Note, options)(NoteProcessor)

  return NoteProcessor
}

async function start(module: Parameters<typeof Test.createTestingModule>[0]) {
  const app = await Test.createTestingModule(module).compile()
  app.enableShutdownHooks()
  await app.init()
  onTestFinished(() => app.close())

  return app
}

const noted = (oban: Oban) => oban.enqueue(Note.new())

describe('nestjs', { timeout: 60_000 }, () => {
  test('makes one processor, which the jobs of its instance share', async () => {
    const story: Story = []
    const app = await start({
      imports: [ObanModule.forRoot({ database: database.url, queues: inline, logger: false })],
      providers: [withProcessor(story)],
    })
    const oban = app.get<Oban>(getObanToken())
    for (let runs = 0; runs < 2; runs++) {
      const { id } = await noted(oban)
      const { state } = await oban.waitForJob(id, { timeout })
      expect(state).toBe('completed')
    }
    await app.close()

    expect(story).toEqual(['made', 'run by Oban', 'run by Oban'])
    await expect(noted(oban)).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
  })

  test('makes a processor for each job when it is of a request', async () => {
    const story: Story = []
    const useClass = withProcessor(story)
    const provider = { provide: useClass, useClass, scope: Scope.REQUEST }
    const app = await start({
      imports: [ObanModule.forRoot({ database: database.url, queues: inline, logger: false })],
      providers: [provider],
    })
    const oban = app.get<Oban>(getObanToken())
    for (let runs = 0; runs < 2; runs++) {
      const { id } = await noted(oban)
      await oban.waitForJob(id, { timeout })
    }

    expect(story).toEqual(['made', 'run by Oban', 'made', 'run by Oban'])
  })

  test('tells instances apart by their names', async () => {
    const story: Story = []
    const url = Symbol('url')
    class Settings {}
    Module({ providers: [{ provide: url, useValue: database.url }], exports: [url] })(Settings)
    const app = await start({
      imports: [
        ObanModule.forRoot({ database: database.url, logger: false }),
        ObanModule.forRootAsync({
          name: 'Reports',
          imports: [Settings],
          inject: [url],
          useFactory: (given: string) => ({ database: given, queues: inline, logger: false }),
        }),
      ],
      providers: [withProcessor(story, { oban: 'Reports' })],
    })
    const { id } = await noted(app.get<Oban>(getObanToken()))
    await app.get<Oban>(getObanToken('Reports')).waitForJob(id, { timeout })

    expect(story).toEqual(['made', 'run by Reports'])
  })

  test('enqueues with an instance that it is not to start', async () => {
    const app = await start({
      imports: [ObanModule.forRoot({ database: database.url, start: false })],
    })
    const oban = app.get<Oban>(getObanToken())
    await noted(oban)

    expect(await database.query('SELECT worker FROM oban_jobs')).toEqual([{ worker: 'Note' }])
    expect(() => oban.snapshot()).toThrow('is not running')
  })

  test('refuses a queue in threads for what only the container can make', async () => {
    const imports = [ObanModule.forRoot({ database: database.url, queues: { notes: 1 } })]
    const app = Test.createTestingModule({ imports, providers: [withProcessor([])] }).compile()

    await expect(app).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
    await expect(app).rejects.toThrow("execution: 'inline'")
  })
})
