import { defineWorker, typed } from 'oban-ts'

export const Resize = defineWorker({
  name: 'Resize',
  queue: 'media',
  maxAttempts: 2,
  backoff: () => 0,
  args: typed<{ readonly path: string }>(),
  process({ args }) {
    if (!args.path.endsWith('.png')) throw new TypeError('not an image')
  },
})
