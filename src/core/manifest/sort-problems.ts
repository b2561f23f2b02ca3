import type { Problem } from '../errors.ts'

/**
 * Problems in the order of a reader: by file, line and column, those without a place first; each said once. Two checks
 * that find the same mistake give one problem: the first of a code at one place.
 */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>()
  return [...problems].sort(compare).filter((found) => {
    const { position, path, code, identity } = found
    const where =
      position === undefined ? found.message : `${position.file}:${position.line}:${position.column}`
    const key = JSON.stringify([code, identity, where, path])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function compare(a: Problem, b: Problem): number {
  const [p, q] = [a.position, b.position]
  if (p === undefined || q === undefined) return Number(p !== undefined) - Number(q !== undefined)
  if (p.file !== q.file) return p.file < q.file ? -1 : 1
  return p.line - q.line || p.column - q.column
}
