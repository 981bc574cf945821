/** With the database at `DATABASE_URL`; nothing is sent to anybody. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Test, type TestingModule } from '@nestjs/testing'
import type { NewJobRequest, Oban } from 'oban-ts'
import { getObanToken } from 'oban-ts/nestjs'
import { AccountsService } from './accounts.service.ts'
import { AppModule } from './app.module.ts'
import { Mailer } from './mailer.ts'

function build() {
  return Test.createTestingModule({ imports: [AppModule] })
}

/** Hooks run as in the server; the module is closed at the end. */
async function withApp(module: TestingModule, act: () => Promise<void>): Promise<void> {
  await module.init()
  try {
    await act()
  } finally {
    await module.close()
  }
}

test('a provider of the processor can be overridden', async () => {
  const sent: string[] = []
  const mailer = { send: async (to: string) => void sent.push(to) }
  const module = await build().overrideProvider(Mailer).useValue(mailer).compile()
  await withApp(module, async () => {
    const id = await module.get(AccountsService).signUp('grace@example.com')
    const oban = module.get<Oban>(getObanToken())
    const job = await oban.waitForJob(id, { timeout: { seconds: 20 } })
    assert.equal(job.state, 'completed')
  })
  assert.deepEqual(sent, ['grace@example.com'])
})

test('the instance can be overridden, and is not started then', async () => {
  const requests: NewJobRequest[] = []
  const oban = {
    enqueue: async (request: NewJobRequest) => {
      requests.push(request)

      return { id: 7 }
    },
  }
  const module = await build().overrideProvider(getObanToken()).useValue(oban).compile()
  await withApp(module, async () => {
    assert.equal(await module.get(AccountsService).signUp('alan@example.com'), 7)
  })
  assert.deepEqual(
    requests.map(({ worker }) => worker),
    ['Welcome'],
  )
})
