// The child's side of `program.ts`: verbs by name, answered one after the other.

/** Answer what the parent asks. When it has hung up, `close` ends what would keep the process alive. */
export function answer(verbs, close) {
  process.on('message', ({ verb, params }) => {
    verbs[verb](params).then(
      (answered) => process.send({ answer: answered }),
      (error) => process.send({ error: String(error?.stack ?? error) }),
    )
  })
  process.on('disconnect', () => {
    close().then(
      () => process.exit(0),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.send({ answer: 'ready' })
}
