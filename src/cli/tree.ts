/** Draws a supervision tree: who runs under whom, in which state, and how often it was restarted. */
import type { ChildDescription, Json, TreeDescription } from '../../supervisors/index.ts'
import type { Paint } from './paint.ts'

interface Row {
  readonly branch: string
  readonly id: string
  readonly state: string
  readonly restarts: number
  readonly isUp: boolean
  readonly lastError: string | undefined
}

/** `{ running: 'idle' }` of a machine inside a machine's state reads `running.idle`. */
function stateName(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ''
  const names = Object.entries(value).map(([name, inner]) =>
    [name, stateName(inner)].filter((part) => part !== '').join('.'),
  )

  return names.join(' ')
}

function stateOf({ state, tree, value }: ChildDescription): string {
  if (state !== 'up') return state

  return tree === undefined ? stateName(value) : `${tree.phase} · ${tree.strategy}`
}

function rowsOf({ children }: TreeDescription, indent: string): Row[] {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1
    const row: Row = {
      branch: `${indent}${isLast ? '└─ ' : '├─ '}`,
      id: child.id,
      state: stateOf(child),
      restarts: child.restarts,
      isUp: child.state === 'up',
      lastError: child.lastError,
    }
    const below = `${indent}${isLast ? '   ' : '│  '}`

    return [row, ...(child.tree === undefined ? [] : rowsOf(child.tree, below))]
  })
}

/**
 * One line for each actor.
 *
 * @param name - of the instance, which stands for the root
 */
export function drawTree(name: string, tree: TreeDescription, paint: Paint): string[] {
  const root: Row = {
    branch: '',
    id: name,
    state: `${tree.phase} · ${tree.strategy}`,
    restarts: 0,
    isUp: tree.status === 'active',
    lastError: undefined,
  }
  const rows = [root, ...rowsOf(tree, '')]
  const nameWidth = Math.max(...rows.map(({ branch, id }) => branch.length + id.length))
  const stateWidth = Math.max('state'.length, ...rows.map(({ state }) => state.length))
  const title = `${'actor'.padEnd(nameWidth)}  ${'state'.padEnd(stateWidth)}  restarts`

  return [
    paint('dim', title),
    ...rows.map(({ branch, id, state, restarts, isUp, lastError }) => {
      const actor = paint('dim', branch) + id.padEnd(nameWidth - branch.length)
      const restarted = String(restarts).padStart('restarts'.length)

      return [
        actor,
        paint(isUp ? 'green' : 'red', state.padEnd(stateWidth)),
        restarts === 0 ? paint('dim', restarted) : paint('yellow', restarted),
        ...(lastError === undefined ? [] : [paint('yellow', lastError.split('\n', 1).join(''))]),
      ].join('  ')
    }),
  ]
}
