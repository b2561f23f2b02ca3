import type { Path, Problem } from '../errors.ts'
import { isMapping } from './data.ts'
import { nodeAt, POSITION_STRIDE, type PositionTable } from './positions.ts'

/** A value with its table of positions. */
export interface Mendable {
  readonly value: unknown
  readonly positions: PositionTable
}

/**
 * The document as it would be without its mistakes: misspelt keys as they are suggested, other mistaken parts left
 * out. It is only good for looking for further mistakes in what remains; the caller checks it against the schema again.
 */
export function mend(document: Mendable, problems: readonly Problem[]): Mendable {
  // From the last to the first, so that what is changed never moves what is still to be changed.
  const places = problems
    .map((found) => ({
      found,
      path: found.path ?? [],
      node: nodeAt(document.positions, document.value, found.path ?? []),
    }))
    .sort((a, b) => (b.node ?? 0) - (a.node ?? 0))
  let mended = document
  for (const { found, path } of places) {
    const parent = valueAt(mended.value, path.slice(0, -1))
    const key = path.at(-1)
    if (key === undefined || nodeAt(mended.positions, mended.value, path) === undefined) continue
    const { suggestion } = found
    if (
      found.code === 'unknown-key' &&
      suggestion !== undefined &&
      isMapping(parent) &&
      !Object.hasOwn(parent, suggestion)
    ) {
      mended = {
        ...mended,
        value: changed(mended.value, path, (members) => rename(members, String(key), suggestion)),
      }
    } else mended = without(mended, path)
  }
  return mended
}

type Members = readonly (readonly [key: string, value: unknown])[]

function rename(members: Members, key: string, name: string): Members {
  return members.map(([old, value]) => [old === key ? name : old, value])
}

/** The same value and positions without what is at `path`. */
function without({ value, positions }: Mendable, path: Path): Mendable {
  const node = nodeAt(positions, value, path) as number
  const size = positions[node * POSITION_STRIDE + 4] as number
  const table = Array.from(positions)
  for (let length = 0; length < path.length; length += 1) {
    const around = nodeAt(positions, value, path.slice(0, length)) as number
    table[around * POSITION_STRIDE + 4] = (table[around * POSITION_STRIDE + 4] as number) - size
  }
  table.splice(node * POSITION_STRIDE, size * POSITION_STRIDE)
  const key = String(path.at(-1))
  return {
    value: changed(value, path, (members) => members.filter(([own]) => own !== key)),
    positions: Int32Array.from(table),
  }
}

/** A copy of `value` in which the members around the end of `path` are what `change` makes of them. */
function changed(value: unknown, path: Path, change: (members: Members) => Members): unknown {
  const [key, ...rest] = path
  const members: Members = Object.entries(value as object)
  const next: Members =
    rest.length === 0
      ? change(members)
      : members.map(([own, member]) =>
          own === String(key) ? [own, changed(member, rest, change)] : [own, member],
        )
  return Array.isArray(value) ? next.map(([, member]) => member) : Object.fromEntries(next)
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const key of path) found = (found as Record<string | number, unknown> | undefined)?.[key]
  return found
}
