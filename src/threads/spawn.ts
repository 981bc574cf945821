/**
 * Starts a thread on the compiled entry, with a port of our own: what a job posts to its `parentPort`
 * is its own affair, and must never be taken for ours.
 */
import { createRequire } from 'node:module'
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
  type ResourceLimits,
} from 'node:worker_threads'
import { arrived, backpressureBuffer } from './backpressure.ts'
import type { FromThread, ThreadData } from './protocol.ts'

/** Threads run compiled code wherever this file is loaded from: `package.json` says where it is. */
const entry = createRequire(import.meta.url).resolve('#thread-entry')

export interface SpawnOptions {
  /** For debuggers and process listings. */
  readonly name: string
  readonly data: ThreadData
  /** On top of the environment of the process. */
  readonly env: Readonly<Record<string, string>>
  readonly resourceLimits?: ResourceLimits
  readonly onMessage: (message: FromThread) => void
}

export interface Spawned {
  readonly worker: Worker
  readonly port: MessagePort
  /** Take in what the thread sent before it died: its exit can overtake its messages. */
  readonly drain: () => void
}

/** What the entry is started with. */
export interface EntryData {
  readonly data: ThreadData
  readonly port: MessagePort
  readonly backpressure: SharedArrayBuffer
}

export function spawnThread(options: SpawnOptions): Spawned {
  const { name, data, env, resourceLimits = {}, onMessage } = options
  const { port1: port, port2: theirs } = new MessageChannel()
  const backpressure = backpressureBuffer()
  const receive = (message: FromThread): void => {
    // First, as the thread would wait for ever for what fails here.
    if (message.type === 'log') arrived(backpressure, message)
    onMessage(message)
  }
  const worker = new Worker(entry, {
    name,
    workerData: { data, port: theirs, backpressure } satisfies EntryData,
    transferList: [theirs],
    env: { ...process.env, ...env },
    resourceLimits,
  })
  port.on('message', receive)
  // The thread keeps the process alive as long as it lives; the port must not go on after it.
  port.unref()

  return {
    worker,
    port,
    drain: () => {
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
        receive(next.message)
      }
      port.close()
    },
  }
}
