/** Waiting for what only a server of another process knows: it is asked again until it answers as wanted. */

/** Resolves with the answer once it passes; the patience of the test is its bound. */
export async function untilAnswered<Answer>(
  ask: () => Promise<Answer>,
  test: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (test(answer)) return answer
  }
}
