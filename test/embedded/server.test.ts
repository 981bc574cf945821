import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { waitForExit } from '../../src/embedded/processes.ts'
import { startEmbedded } from '../../src/embedded/server.ts'
import { pidOf, serverFolder } from './folder.ts'
import { queryValues } from './query-values.ts'

const settings = { fsync: 'off' }

describe('startEmbedded', () => {
  test('creates a cluster in UTF-8 with the locale C, whatever the environment', async () => {
    const server = await startEmbedded({ dataDir: serverFolder(), settings })
    const text = "SELECT setting FROM pg_settings WHERE name IN ('server_encoding', 'lc_messages')"
    const locale = 'SELECT datcollate FROM pg_database WHERE datname = current_database()'

    expect(server.attached).toBe(false)
    expect(await queryValues(server.url, `${text} ORDER BY name`)).toEqual(['C', 'UTF8'])
    expect(await queryValues(server.url, locale)).toEqual(['C'])
  })

  test('listens on 127.0.0.1 only, and asks for the password', async () => {
    const server = await startEmbedded({ dataDir: serverFolder(), settings })
    const names = "('listen_addresses', 'unix_socket_directories')"
    const listening = `SELECT setting FROM pg_settings WHERE name IN ${names} ORDER BY name`

    expect(await queryValues(server.url, listening)).toEqual(['127.0.0.1', ''])
    expect(statSync(join(server.dataDir, 'password')).mode & 0o777).toBe(0o600)
    await expect(queryValues(server.url.replace(/:[^:]*@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    )
  })

  test('passes settings on, except where it listens', async () => {
    const server = await startEmbedded({
      dataDir: serverFolder(),
      settings: { ...settings, work_mem: '7MB', listen_addresses: '*' },
    })

    expect(await queryValues(server.url, 'SHOW work_mem')).toEqual(['7MB'])
    expect(await queryValues(server.url, 'SHOW listen_addresses')).toEqual(['127.0.0.1'])
  })

  test('stops what it started, waits for it, and keeps data and port', async () => {
    const dataDir = serverFolder()
    const first = await startEmbedded({ dataDir, settings })
    await queryValues(first.url, 'CREATE TABLE kept (id int)')
    const pid = await pidOf(dataDir)
    await Promise.all([first.stop(), first.stop()])

    expect(await waitForExit(pid, 0)).toBe(true)
    await expect(queryValues(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')

    const second = await startEmbedded({ dataDir, settings })
    expect(second).toMatchObject({ url: first.url, port: first.port, attached: false })
    expect(await queryValues(second.url, 'SELECT count(*)::int FROM kept')).toEqual([0])
  })

  test('attaches to a server that runs, and leaves it running', async () => {
    const dataDir = serverFolder()
    const lines: string[] = []
    const first = await startEmbedded({ dataDir, settings })
    const second = await startEmbedded({ dataDir, settings, onLog: (line) => lines.push(line) })
    await second.stop()

    expect(second).toMatchObject({ url: first.url, attached: true })
    expect(lines).toEqual([`using the PostgreSQL that runs on port ${first.port}, from ${dataDir}`])
    expect(await queryValues(first.url, 'SELECT 1')).toEqual([1])
  })

  test('starts one server for calls at the same time', async () => {
    const dataDir = serverFolder()
    const calls = Array.from({ length: 4 }, () => startEmbedded({ dataDir, settings }))
    const servers = await Promise.all(calls)

    expect(new Set(servers.map(({ url }) => url)).size).toBe(1)
    expect(servers.filter(({ attached }) => !attached)).toHaveLength(1)
  })

  test('recovers a server that was killed with its sessions at work', async () => {
    const dataDir = serverFolder()
    const first = await startEmbedded({ dataDir, settings })
    await queryValues(first.url, 'CREATE TABLE kept AS SELECT 7 AS id')
    const client = new Client({ connectionString: first.url })
    await client.connect()
    client.on('error', () => {})
    const lost = expect(client.query('SELECT pg_sleep(60)')).rejects.toThrow(/terminat|reset/)
    const pid = await pidOf(dataDir)
    process.kill(pid, 'SIGKILL')
    await waitForExit(pid, 10_000)

    const second = await startEmbedded({ dataDir, settings })
    expect(second).toMatchObject({ url: first.url, attached: false })
    expect(await queryValues(second.url, 'SELECT id FROM kept')).toEqual([7])
    await lost

    // The handle of the killed server must not end its successor.
    await first.stop()
    expect(await queryValues(second.url, 'SELECT 1')).toEqual([1])
  })

  test('waits for a session that goes on after its server was killed', async () => {
    const dataDir = serverFolder()
    const first = await startEmbedded({ dataDir, settings })
    const client = new Client({ connectionString: first.url })
    await client.connect()
    client.on('error', () => {})
    // A session that computes does not look whether its server is alive.
    const loop = "WHILE clock_timestamp() < now() + interval '1500 ms' LOOP END LOOP"
    const busy = Promise.allSettled([client.query(`DO $$ BEGIN ${loop}; END $$`)])
    process.kill(await pidOf(dataDir), 'SIGKILL')

    const second = await startEmbedded({ dataDir, settings })
    await busy
    expect(second).toMatchObject({ url: first.url, attached: false })
    expect(readFileSync(join(dataDir, 'server.log'), 'utf8')).toContain('is still in use')
  })

  test('is not the one of a folder that was copied while it ran', async () => {
    const original = serverFolder()
    const copy = serverFolder()
    const first = await startEmbedded({ dataDir: original, settings })
    // With the owner of each file, which Node.js does not copy.
    execFileSync('cp', ['-a', `${original}/.`, copy])
    const second = await startEmbedded({ dataDir: copy, settings })

    expect(second.attached).toBe(false)
    expect(await queryValues(second.url, 'SHOW data_directory')).toEqual([join(copy, 'data')])
    expect(await queryValues(first.url, 'SHOW data_directory')).toEqual([join(original, 'data')])
  })

  test('moves to another port when its own was taken meanwhile', async () => {
    const dataDir = serverFolder()
    const first = await startEmbedded({ dataDir, settings })
    await first.stop()
    const intruder = createServer().listen(first.port, '127.0.0.1')
    onTestFinished(() => void intruder.close())
    await once(intruder, 'listening')

    const second = await startEmbedded({ dataDir, settings })
    expect(second.port).not.toBe(first.port)
    expect(await queryValues(second.url, 'SELECT 1')).toEqual([1])
    expect(readFileSync(join(dataDir, 'port'), 'utf8')).toBe(String(second.port))
  })

  test('says what the server says when it does not start', async () => {
    const started = startEmbedded({ dataDir: serverFolder(), settings: { work_mem: 'plenty' } })

    await expect(started).rejects.toMatchObject({
      code: 'OBAN_EMBEDDED',
      message: expect.stringMatching(/invalid value for parameter "work_mem".*set DATABASE_URL/s),
    })
  })

  test('refuses a cluster whose password is lost', async () => {
    const dataDir = serverFolder()
    const server = await startEmbedded({ dataDir, settings })
    await server.stop()
    rmSync(join(dataDir, 'password'))

    await expect(startEmbedded({ dataDir, settings })).rejects.toThrow('password is missing')
  })

  test('leaves a folder alone that is used for something else', async () => {
    const dataDir = serverFolder()
    mkdirSync(join(dataDir, 'data'))
    writeFileSync(join(dataDir, '.gitignore'), 'dist/')

    await expect(startEmbedded({ dataDir, settings })).rejects.toThrow('PG_VERSION is missing')
    expect(readdirSync(dataDir).toSorted()).toEqual(['.gitignore', 'data'])
    expect(readFileSync(join(dataDir, '.gitignore'), 'utf8')).toBe('dist/')
  })

  test('installs no handlers in the host', async () => {
    const before = process.eventNames().map((name) => [name, process.listenerCount(name)])
    const server = await startEmbedded({ dataDir: serverFolder(), settings })
    await server.stop()

    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(before)
  })
})
