/** Draws a supervision tree: who runs under whom, in which state, and how often it was restarted. */
import type { ChildDescription, Json, TreeDescription } from '../../../supervisors/index.ts'
import { oneLine } from '../../telemetry/words.ts'
import type { Paint } from '../paint.ts'
import { padTo, widthOf } from '../text-width.ts'

/** What to say about an actor beside its state. `path` are the ids from the root's child to it. */
export type Note = (child: ChildDescription, path: readonly string[]) => string

interface Row {
  readonly branch: string
  readonly id: string
  readonly state: string
  readonly restarts: number
  readonly isUp: boolean
  readonly note: string
  readonly lastError: string
}

/**
 * `{ running: 'idle' }` of a machine inside a machine's state reads `running.idle`. Of a state with regions
 * beside each other it is told what each is in: their names, and its own, say little and take much room.
 */
function stateName(value: Json | undefined): string {
  return partsOf(value).join(', ')
}

/** One for each region; a state without regions has one. */
function partsOf(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const states: (readonly [name: string, inner: Json])[] = Object.entries(value)
  const [only] = states
  if (states.length > 1 || only === undefined) return states.flatMap(([, inner]) => partsOf(inner))
  const [name, inner] = only
  const parts = partsOf(inner)

  return parts.length > 1 ? parts : [[name, ...parts].join('.')]
}

function stateOf({ state, tree, value, context }: ChildDescription): string {
  if (state !== 'up') return state
  if (tree !== undefined) return tree.phase
  // The place of a thread is ready for jobs also while no thread is there.
  const isPlace = typeof context === 'object' && context !== null && 'thread' in context
  const thread = isPlace && !Array.isArray(context) ? stateName(context['thread']) : ''

  return thread === '' ? stateName(value) : thread
}

interface Place {
  readonly indent: string
  readonly path: readonly string[]
}

function rowsOf({ children }: TreeDescription, note: Note, { indent, path }: Place): Row[] {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1
    const own = [...path, child.id]
    const row: Row = {
      branch: `${indent}${isLast ? '└─ ' : '├─ '}`,
      id: oneLine(child.id),
      state: oneLine(stateOf(child)),
      restarts: child.restarts,
      isUp: child.state === 'up',
      note: note(child, own),
      lastError: oneLine(child.lastError?.split('\n', 1).join('') ?? ''),
    }
    if (child.tree === undefined) return [row]
    const below = { indent: `${indent}${isLast ? '   ' : '│  '}`, path: own }

    return [row, ...rowsOf(child.tree, note, below)]
  })
}

/** The widest of a column, with its title. */
function widest(title: string, texts: readonly string[]): number {
  return Math.max(title.length, ...texts.map(widthOf))
}

/**
 * One line for each actor, below the titles.
 *
 * @param name - of the instance, which stands for the root
 * @param note - what to say about each actor beside its state. Default: nothing
 */
export function drawTree(
  name: string,
  tree: TreeDescription,
  paint: Paint,
  note: Note = () => '',
): string[] {
  const root: Row = {
    branch: '',
    id: oneLine(name),
    state: tree.phase,
    restarts: 0,
    isUp: tree.status === 'active',
    note: '',
    lastError: '',
  }
  const rows = [root, ...rowsOf(tree, note, { indent: '', path: [] })]
  const nameWidth = widest(
    'actor',
    rows.map(({ branch, id }) => branch + id),
  )
  const stateWidth = widest(
    'state',
    rows.map(({ state }) => state),
  )
  const title = `${padTo('actor', nameWidth)}  ${padTo('state', stateWidth)}  restarts`

  return [
    paint('dim', title),
    ...rows.map(({ branch, id, state, restarts, isUp, note: said, lastError }) => {
      const restarted = String(restarts).padStart('restarts'.length)

      return [
        paint('dim', branch) + padTo(id, nameWidth - branch.length),
        paint(isUp ? 'green' : 'red', padTo(state, stateWidth)),
        restarts === 0 ? paint('dim', restarted) : paint('yellow', restarted),
        ...(said === '' ? [] : [said]),
        ...(lastError === '' ? [] : [paint('yellow', lastError)]),
      ].join('  ')
    }),
  ]
}
