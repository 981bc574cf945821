/**
 * The part of Standard Schema 1 that we use, so that arguments can be described with zod, valibot,
 * arktype and others without depending on any of them.
 *
 * @see https://standardschema.dev
 */

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Promise<StandardResult<Output>> | StandardResult<Output>
    /** Never present at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema accepts. */
export type SchemaInput<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['input']

/** What a schema makes of it. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['output']

/**
 * Arguments that only the compiler checks: nothing is validated when jobs are enqueued or run.
 *
 * @example
 * ```ts
 * defineWorker({ name: 'Mail', args: typed<{ to: string }>(), process: ({ args }) => send(args.to) })
 * ```
 */
export function typed<Args extends object>(): StandardSchema<Args>
export function typed(): StandardSchema {
  return { '~standard': { version: 1, vendor: 'oban-ts', validate: (value) => ({ value }) } }
}
