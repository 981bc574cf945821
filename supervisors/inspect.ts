/**
 * Watching a system from outside. An inspector that throws in XState kills the actor that it looks
 * at, or wedges its mailbox for good: here it harms nobody.
 */
import type { InspectionEvent } from 'xstate'
import type { System } from './clock.ts'

/**
 * Call an observer at each inspection event of a system. Costs time at every message.
 *
 * @param onError - hears what the observer threw; must not throw itself
 * @returns a function that ends the observation
 */
export function inspect(
  system: System,
  observer: (event: InspectionEvent) => void,
  onError: (error: unknown) => void,
): () => void {
  const subscription = system.inspect((event) => {
    try {
      observer(event)
    } catch (error) {
      onError(error)
    }
  })

  return () => subscription.unsubscribe()
}
