/**
 * Names and types that an application teaches the library once, for all of its workers.
 *
 * @example
 * ```ts
 * declare module 'oban-ts' {
 *   interface Register {
 *     queues: 'default' | 'media'
 *   }
 * }
 * ```
 */
// An interface, since only interfaces can be merged with a declaration of the application's.
// oxlint-disable-next-line typescript/no-empty-object-type
export interface Register {}

/** Any string until the application registers its queues. */
export type QueueName = Register extends { queues: infer Queues extends string } ? Queues : string
