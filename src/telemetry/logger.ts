import { attach } from './channels.ts'
export function attachLogger(_: object): () => void {
  return attach(
    [
      'query.failed',
      'module.failed',
      'supervisor.report',
      'thread.exit',
      'ack.lost',
      'worker.unknown',
    ],
    (e) => {
      console.log(
        JSON.stringify(e, (_k, v) => (v instanceof Error ? `${v.name}: ${v.message}` : v)),
      )
    },
  )
}
