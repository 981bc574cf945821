/** Who ought to have been restarted how often, and whether the tree has come to that. */
import type { TreeDescription } from '../../../supervisors/index.ts'

/** Restarts of every child by its path, as `snapshot()` shows them. */
export type Census = ReadonlyMap<string, number>

/** What follows from the end of one child. */
export interface Prophecy {
  readonly census: Census
  /** Whoever is another one than before. */
  readonly renewed: ReadonlySet<string>
}

/** What the strategies of a tree that is all up make of the end of one child. */
export function foretell(tree: TreeDescription, victim: string): Prophecy {
  const counts = new Map<string, number>()
  const renewed = new Set<string>()
  const visit = ({ children, strategy }: TreeDescription, path: string, isAnew: boolean) => {
    const struck = children.findIndex(({ id }) => `${path}${id}` === victim)
    for (const [index, child] of children.entries()) {
      const here = `${path}${child.id}`
      const isRestarted =
        struck !== -1 &&
        (index === struck ||
          strategy === 'one_for_all' ||
          (strategy === 'rest_for_one' && index > struck))
      // A supervisor that starts again knows nothing of what its children were before.
      counts.set(here, isAnew ? 0 : child.restarts + Number(isRestarted))
      if (isAnew || isRestarted) renewed.add(here)
      if (child.tree) visit(child.tree, `${here}/`, isAnew || isRestarted)
    }
  }
  visit(tree, '', false)

  return { census: counts, renewed }
}

export function census(tree: TreeDescription, path = ''): Census {
  return new Map(
    tree.children.flatMap((child) => {
      const here = `${path}${child.id}`
      const below = child.tree === undefined ? [] : census(child.tree, `${here}/`)

      return [[here, child.restarts] as const, ...below]
    }),
  )
}

/** Children that are not up, and supervisors that are busy with theirs. */
export function unsettled(tree: TreeDescription, path = ''): string[] {
  const busy = tree.phase === 'running' ? [] : [`${path} is ${tree.phase}`]

  return tree.children.reduce<string[]>((found, child) => {
    const here = `${path}${child.id}`
    if (child.state !== 'up') found.push(`${here} is ${child.state}`)

    return child.tree === undefined ? found : [...found, ...unsettled(child.tree, `${here}/`)]
  }, busy)
}

/** Where two of them differ, in words. */
export function differences(found: Census, expected: Census): string[] {
  return [...new Set([...found.keys(), ...expected.keys()])].flatMap((path) => {
    const [is, ought] = [found.get(path), expected.get(path)]

    return is === ought ? [] : [`${path} has ${is} restarts, not ${ought}`]
  })
}
