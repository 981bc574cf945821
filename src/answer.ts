/** Answers to actors for which no actor is spawned: that costs more than many an answer takes to come. */

interface Asker<Message> {
  readonly getSnapshot: () => { readonly status: string }
  readonly send: (message: Message) => void
}

/**
 * The message that a promise comes to, in either way; made only for an actor that takes it, just before it is
 * sent, so that making it may also put away what came. An `answered` that throws makes it a failed one.
 */
interface Messages<Value, Message> {
  readonly answered: (value: Value) => Message
  readonly failed: (error: unknown) => Message
}

/** Send an actor what a promise comes to, unless it has ended by then. Never rejects. */
export async function answer<Value, Message>(
  asker: Asker<Message>,
  promise: Promise<Value>,
  { answered, failed }: Messages<Value, Message>,
): Promise<void> {
  // Of a message to an actor that has ended XState prints all there is, arguments of jobs too.
  const hasEnded = () => asker.getSnapshot().status !== 'active'
  let message: Message
  try {
    const value = await promise
    if (hasEnded()) return
    message = answered(value)
  } catch (error) {
    if (hasEnded()) return
    message = failed(error)
  }
  asker.send(message)
}
