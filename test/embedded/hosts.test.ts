import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startEmbedded } from '../../src/embedded/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { endServer, pidOf, serverFolder } from './folder.ts'
import { build, startHost } from './host.ts'
import { queryValues } from './query-values.ts'

const isRoot = process.getuid?.() === 0
const nobody = { uid: 65_534, gid: 65_534 }

beforeAll(build)

/** A folder of the user nobody's, gone after the test. */
function folderOfNobody(): string {
  const path = temporaryFolder()
  chownSync(path, nobody.uid, nobody.gid)
  onTestFinished(() => rmSync(path, { recursive: true }))

  return path
}

describe('an embedded server and its hosts', () => {
  test('is one for processes that start at the same time', async () => {
    const dataDir = serverFolder()
    const hosts = await Promise.all([1, 2, 3].map(() => startHost({ dataDir })))
    const reports = hosts.map(({ report }) => report)

    expect(new Set(reports.map(({ url }) => url)).size).toBe(1)
    expect(reports.filter(({ attached }) => attached === false)).toHaveLength(1)
    expect(await Promise.all(hosts.map((host) => host.stop()))).toEqual([0, 0, 0])
    await expect(pidOf(dataDir)).rejects.toThrow('no server runs')
  })

  test('survives a host that is killed, and is found by the next', async () => {
    const dataDir = serverFolder()
    const host = await startHost({ dataDir })
    const pid = await pidOf(dataDir)
    await host.kill9()

    const next = await startEmbedded({ dataDir })
    expect(next).toMatchObject({ url: host.report.url, attached: true })
    expect(await queryValues(next.url, 'SELECT 1')).toEqual([1])
    expect(await pidOf(dataDir)).toBe(pid)
  })

  test('lets a host end that does not stop it', async () => {
    const dataDir = serverFolder()
    const host = await startHost({ dataDir })

    expect(await host.leave()).toBe(0)
    expect(await queryValues(host.report.url ?? '', 'SELECT 1')).toEqual([1])
  })

  test('takes over the lock of a host that was killed with it', async () => {
    const dataDir = serverFolder()
    const host = await startHost({ dataDir })
    const { pid } = process
    await host.stop()
    // The id of a process that runs, with the start time of another that had it before.
    writeFileSync(join(dataDir, 'lock'), `${pid} 1`)
    writeFileSync(join(dataDir, 'lock.break'), `${pid} 1`)

    const server = await startEmbedded({ dataDir })
    expect(await queryValues(server.url, 'SELECT 1')).toEqual([1])
    expect(existsSync(join(dataDir, 'lock'))).toBe(false)
  })

  test('starts although its stale pid file names a process of somebody else', async () => {
    const dataDir = serverFolder()
    const host = await startHost({ dataDir })
    await host.stop()
    const lines = [process.pid, join(dataDir, 'data'), 1, 5432, '', '127.0.0.1', '']
    writeFileSync(join(dataDir, 'data/postmaster.pid'), lines.join('\n'))

    const server = await startEmbedded({ dataDir })
    expect(await queryValues(server.url, 'SELECT 1')).toEqual([1])
  })
})

describe.runIf(isRoot)('an embedded server of another user', () => {
  test('runs as root through a user of its own', async () => {
    const dataDir = serverFolder()
    const server = await startEmbedded({ dataDir })
    const owner = statSync(join(dataDir, 'data')).uid

    expect(owner).not.toBe(0)
    expect(statSync(`/proc/${await pidOf(dataDir)}`).uid).toBe(owner)
    await server.stop()
  })

  test('runs as an ordinary user', async () => {
    const dataDir = folderOfNobody()
    const host = await startHost({ dataDir, user: nobody, temporaryFolder: dataDir })

    expect(host.report).toMatchObject({ attached: false, dataDir })
    expect(statSync(join(dataDir, 'data')).uid).toBe(nobody.uid)
    expect(await host.stop()).toBe(0)
  })

  test('goes to a folder per user where `.oban` is somebody else’s', async () => {
    const own = folderOfNobody()
    const cwd = temporaryFolder()
    onTestFinished(() => rmSync(cwd, { recursive: true }))
    chmodSync(cwd, 0o777)
    mkdirSync(join(cwd, '.oban'))
    const options = { cwd, user: nobody, temporaryFolder: own }

    const host = await startHost(options)
    const dataDir = host.report.dataDir ?? ''
    onTestFinished(() => endServer(dataDir))
    expect(dataDir.startsWith(join(own, `oban-ts-${nobody.uid}/`))).toBe(true)

    const second = await startHost(options)
    expect(second.report).toMatchObject({ dataDir, attached: true })
    await second.stop()
    expect(await host.stop()).toBe(0)
  })

  test('says that a given folder is somebody else’s', async () => {
    const dataDir = serverFolder()
    const host = await startHost({ dataDir, user: nobody, temporaryFolder: folderOfNobody() })
    await host.leave()

    expect(host.report).toMatchObject({
      code: 'OBAN_EMBEDDED',
      message: expect.stringContaining('it belongs to uid 0, this process to uid 65534'),
    })
  })

  test('does not trust a temporary folder that others may write to', async () => {
    const own = folderOfNobody()
    mkdirSync(join(own, `oban-ts-${nobody.uid}`))
    const host = await startHost({ cwd: '/', user: nobody, temporaryFolder: own })
    await host.leave()

    expect(host.report).toMatchObject({
      code: 'OBAN_EMBEDDED',
      message: expect.stringContaining('others may write to'),
    })
  })
})
