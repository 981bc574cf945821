/**
 * Reading what a caller gave runs the caller's code: getters, and the traps of proxies. What they throw
 * does not say what was being read, so it becomes the cause of a refusal that does.
 */

/** Completes a path. */
export const UNREADABLE = 'cannot be read: a getter or a proxy throws'

/** @throws what `refuse` makes of whatever `read` throws */
export function orRefuse<Value>(read: () => Value, refuse: (cause: unknown) => Error): Value {
  try {
    return read()
  } catch (cause) {
    throw refuse(cause)
  }
}
