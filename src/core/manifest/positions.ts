import type { Path } from '../errors.ts'

/**
 * The place of every value of one document, as numbers alone: per value, in the order of a walk over the parsed
 * value by `Object.keys`, the line and column of its key (0 where it has none), of itself, and how many values
 * its subtree has, itself included. Keys are not repeated here: the value that the table belongs to has them.
 */
export type PositionTable = Int32Array

/** Whether the place of a member's key or of its value is meant. */
export type Spot = 'key' | 'value'

export interface LineColumn {
  readonly line: number
  readonly column: number
}

/** Numbers per value in a `PositionTable`: key line, key column, line, column, size of the subtree. */
export const POSITION_STRIDE = 5

/**
 * The place of the value at `path` inside `root`, or of the nearest written value around it.
 * Object members are found by name, array items by index.
 */
export function positionAt(table: PositionTable, root: unknown, path: Path, spot: Spot): LineColumn {
  let length = path.length
  let node = nodeAt(table, root, path)
  while (node === undefined) {
    length -= 1
    node = nodeAt(table, root, path.slice(0, length))
  }
  const at = node * POSITION_STRIDE
  const keyed = spot === 'key' && length === path.length && (table[at] ?? 0) > 0
  return { line: table[keyed ? at : at + 2] ?? 1, column: table[keyed ? at + 1 : at + 3] ?? 1 }
}

/** The row of the value at `path`; undefined if nothing is written there. */
export function nodeAt(table: PositionTable, root: unknown, path: Path): number | undefined {
  let node = 0
  let value = root
  for (const step of path) {
    const members = membersOf(value)
    const index = members.findIndex(([key]) => key === String(step))
    const member = members[index]
    if (member === undefined) return undefined
    node += 1
    for (let before = 0; before < index; before += 1) node += sizeAt(table, node)
    value = member[1]
  }
  return node
}

function sizeAt(table: PositionTable, node: number): number {
  return table[node * POSITION_STRIDE + 4] ?? 1
}

/** The members of an object or array in the order of the table; none for anything else. */
export function membersOf(value: unknown): readonly (readonly [key: string, value: unknown])[] {
  return value !== null && typeof value === 'object' ? Object.entries(value) : []
}
