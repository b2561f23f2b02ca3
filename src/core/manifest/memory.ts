/**
 * Results kept beside the objects that they were computed from, so that checking a tree again costs what has changed.
 * A file whose content is unchanged keeps its documents, so "the same object" means "the same content". Only for pure
 * functions of `subject` and `others`: remembering or not never changes an answer. What is gone from the tree is
 * forgotten with it.
 */
export class Memory<T> {
  readonly #known = new WeakMap<object, { readonly others: readonly unknown[]; readonly result: T }>()

  /** What `compute` gave for the same subject and others the last time, or what it gives now. */
  recall(subject: object, others: readonly unknown[], compute: () => T): T {
    const known = this.#known.get(subject)
    if (known !== undefined && isSame(known.others, others)) return known.result
    const result = compute()
    this.#known.set(subject, { others, result })
    return result
  }
}

/** Whether two lists have the same items, objects by identity. */
export function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => Object.is(item, b[index]))
}
