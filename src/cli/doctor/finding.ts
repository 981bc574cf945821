/** What a check comes to, and how checks are written. */
import type { Db } from '../../engine/query.ts'
import type { SchemaFacts } from '../../engine/schema.ts'
import type { Hearing } from './hearing.ts'

/** From harmless to bad. A note is worth knowing, and wants nothing. */
export const results = ['ok', 'note', 'warning', 'problem'] as const

export type Result = (typeof results)[number]

export const themes = [
  'server',
  'schema',
  'indexes',
  'table',
  'transactions',
  'rights',
  'connections',
  'nodes',
  'jobs',
] as const

export type Theme = (typeof themes)[number]

/** What a look came to, in words. */
export interface Verdict {
  readonly result: Result
  /** One line, with the values. */
  readonly found: string
  /** Statements and commands, or what else is to be done, a line each. */
  readonly todo: readonly string[]
}

export interface Finding extends Verdict {
  readonly id: string
  readonly theme: Theme
  /** Why it matters, in one line. */
  readonly why: string
}

/** Where the checks look. */
export interface Scene {
  readonly db: Db
  readonly prefix: string
  readonly schema: SchemaFacts
  /** Look at something once, however many checks ask. */
  readonly look: <Facts>(look: (scene: Scene) => Promise<Facts>) => Promise<Facts>
  /** Open a connection that listens, and ask nodes for their portraits. */
  readonly hear: () => Promise<Hearing>
}

/** What a judgement may know beside the facts, for the statements that it proposes. */
export type Place = Pick<Scene, 'prefix' | 'schema'>

interface About {
  readonly id: string
  readonly theme: Theme
  readonly why: string
  /** Without it the check is left out: the jobs table, or also ours. Default: nothing */
  readonly needs?: 'jobs' | 'tables'
}

export interface Check extends About {
  readonly examine: (scene: Scene) => Promise<Verdict>
}

/** A check whose judgement can also be asked for by itself. */
export interface JudgedCheck<Facts> extends Check {
  /** Pure: the same facts come to the same verdict. */
  readonly judge: (facts: Facts, place: Place) => Verdict
}

interface Definition<Facts> extends About, Pick<JudgedCheck<Facts>, 'judge'> {
  readonly look: (scene: Scene) => Promise<Facts>
}

export function defineCheck<Facts>(definition: Definition<Facts>): JudgedCheck<Facts> {
  const { look, judge } = definition

  return { ...definition, examine: async (scene) => judge(await scene.look(look), scene) }
}

function verdict(result: Result) {
  return (found: string, ...todo: string[]): Verdict => ({ result, found, todo })
}

export const ok = verdict('ok')
export const note = verdict('note')
export const warning = verdict('warning')
export const problem = verdict('problem')
