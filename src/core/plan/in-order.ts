/**
 * Several ordered sequences as one, lazily: what comes first by `before`, of equals that of the earlier sequence. Each
 * sequence is read one ahead and no further.
 */
export function* inOrder<T>(
  sequences: readonly Iterable<T>[],
  before: (a: T, b: T) => number,
): Generator<T, void, undefined> {
  const heads: Head<T>[] = []
  const isBefore = (a: Head<T>, b: Head<T>): boolean => {
    const order = before(a.value, b.value)
    return order < 0 || (order === 0 && a.index < b.index)
  }
  sequences.forEach((sequence, index) => {
    const iterator = sequence[Symbol.iterator]()
    const first = iterator.next()
    if (first.done !== true) heads.push({ value: first.value, iterator, index })
  })
  // A binary heap: ten thousand schedules are merged a year long.
  for (let at = (heads.length >> 1) - 1; at >= 0; at--) sink(heads, at, isBefore)
  while (heads.length > 0) {
    const head = heads[0]!
    yield head.value
    const following = head.iterator.next()
    if (following.done === true) {
      const last = heads.pop()!
      if (heads.length === 0) return
      if (last !== head) heads[0] = last
    } else {
      head.value = following.value
    }
    sink(heads, 0, isBefore)
  }
}

interface Head<T> {
  value: T
  readonly iterator: Iterator<T>
  readonly index: number
}

function sink<T>(heads: Head<T>[], from: number, isBefore: (a: Head<T>, b: Head<T>) => boolean): void {
  let at = from
  for (;;) {
    const left = 2 * at + 1
    const right = left + 1
    let first = at
    if (left < heads.length && isBefore(heads[left]!, heads[first]!)) first = left
    if (right < heads.length && isBefore(heads[right]!, heads[first]!)) first = right
    if (first === at) return
    const moved = heads[at]!
    heads[at] = heads[first]!
    heads[first] = moved
    at = first
  }
}
