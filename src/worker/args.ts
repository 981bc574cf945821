/** Arguments of jobs at the two borders they cross: into the database, and into `process`. */
import { types } from 'node:util'
import type { WorkerDefinition } from './definition.ts'
import { InvalidArgsError, type Problem } from '../errors.ts'
import { copyAsJson, isJsonObject, type JsonObject, pathTo } from '../job/json.ts'
import type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.ts'

const { isPromise } = types

type ArgsDefinition = Pick<WorkerDefinition, 'name' | 'schema'>

/** More would make a message that nobody reads; it is stored with each failed attempt. */
const maxProblems = 10

function kindOf(value: unknown): string {
  if (value === null) return 'null'

  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}

function pathOf(issue: StandardIssue): string {
  return (issue.path ?? [])
    .map((step) => (typeof step === 'object' ? step.key : step))
    .reduce<string>(pathTo, '')
}

/** The strings and numbers in a value, which may be secrets. */
function leavesOf(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]

  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : []
}

/** The value that an issue is about. */
function valueAt(input: JsonObject, issue: StandardIssue): unknown {
  let value: unknown = input

  for (const step of issue.path ?? []) {
    const key = typeof step === 'object' ? step.key : step
    value = Object(value) === value ? Reflect.get(Object(value), key) : undefined
  }

  return value
}

/**
 * The message of a schema without the values that were passed: some libraries (valibot, arktype)
 * quote them, and messages end up in logs and in the database.
 */
function withoutValues(message: string, value: unknown): string {
  const oneLine = message.replaceAll(/\s+/g, ' ')
  // Longest first: one value may be a part of another.
  const words = leavesOf(value)
    .map((leaf) => leaf.replaceAll(/\s+/g, ' '))
    .filter((leaf) => leaf.trim() !== '' && oneLine.includes(leaf))
    .toSorted((one, other) => other.length - one.length)
    .map((leaf) => leaf.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
  if (words.length === 0) return oneLine

  return oneLine.replaceAll(
    new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${words.join('|')})(?![\p{L}\p{N}])`, 'gu'),
    '…',
  )
}

function problemsOf(issues: readonly StandardIssue[], input: JsonObject): Problem[] {
  const problems = issues.slice(0, maxProblems).map((issue) => ({
    path: pathOf(issue),
    message: withoutValues(issue.message, valueAt(input, issue)),
  }))
  const rest = issues.length - problems.length

  return rest > 0 ? [...problems, { path: '', message: `and ${rest} more` }] : problems
}

/** A promise only where the schema answers with one. */
function parse(name: string, schema: StandardSchema | undefined, input: JsonObject): unknown {
  if (schema === undefined) return input
  const result = schema['~standard'].validate(input)

  return 'then' in result ? parseLater(name, result, input) : outputOf(name, result, input)
}

async function parseLater(
  name: string,
  result: Promise<StandardResult<unknown>>,
  input: JsonObject,
) {
  return outputOf(name, await result, input)
}

function outputOf(name: string, result: StandardResult<unknown>, input: JsonObject): unknown {
  if (result.issues) throw new InvalidArgsError(name, problemsOf(result.issues, input))

  return result.value
}

/**
 * Check arguments before they are stored.
 *
 * @param maxBytes - of the JSON; undefined for any number
 * @returns what is stored: the arguments as JSON, not what the schema made of them, since the schema
 *   runs again when the job does, and a transform must not run twice; a promise of it where the schema
 *   takes its time
 * @throws {InvalidArgsError} naming paths and reasons, never values
 */
export function validateArgs(
  definition: ArgsDefinition,
  args: unknown,
  maxBytes?: number,
): JsonObject | Promise<JsonObject> {
  const copy = copyAsJson(args)
  if ('problem' in copy) throw new InvalidArgsError(definition.name, [copy.problem])
  if (!isJsonObject(copy.value)) {
    const message = `must be an object, got ${kindOf(copy.value)}`
    throw new InvalidArgsError(definition.name, [{ path: '', message }])
  }

  const { value } = copy
  const parsing = parse(definition.name, definition.schema, value)
  const bounded = () => refuseLarge(definition.name, value, maxBytes)

  return isPromise(parsing) ? parsing.then(bounded) : bounded()
}

function refuseLarge(worker: string, args: JsonObject, maxBytes: number | undefined): JsonObject {
  if (maxBytes === undefined) return args
  const bytes = Buffer.byteLength(JSON.stringify(args))
  if (bytes <= maxBytes) return args
  const message = `have ${bytes} bytes as JSON; \`maxArgsBytes\` allows ${maxBytes}`
  throw new InvalidArgsError(worker, [{ path: '', message }])
}

/**
 * What `process` gets as `job.args`: the output of the schema for the stored arguments.
 *
 * @param input - the stored arguments, perhaps written by another program
 * @returns the output, or a promise of it where the schema takes its time
 * @throws {InvalidArgsError} naming paths and reasons, never values
 */
export function parseArgs(definition: ArgsDefinition, input: unknown): unknown {
  if (!isJsonObject(input)) {
    const message = `must be an object, got ${kindOf(input)}`
    throw new InvalidArgsError(definition.name, [{ path: '', message }])
  }

  return parse(definition.name, definition.schema, input)
}
