/**
 * Names and types that an application teaches the library once, for all of its workers.
 *
 * @example
 * ```ts
 * declare module 'oban-ts' {
 *   interface Register {
 *     queues: 'default' | 'media'
 *     context: { storage: Storage }
 *   }
 * }
 * ```
 */
// An interface, since only interfaces can be merged with a declaration of the application's.
// oxlint-disable-next-line typescript/no-empty-object-type
export interface Register {}

/** What `setup()` of `threadOptions.setup` gives; unknown until the application registers it. */
export type JobContext = Register extends { context: infer Context } ? Context : unknown

/** Any string until the application registers its queues. */
export type QueueName = Register extends { queues: infer Queues extends string } ? Queues : string
