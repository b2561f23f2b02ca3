/**
 * Results kept by the digests of what they were computed from, so that checking a tree again costs what has changed.
 * A result lives as long as each round asks for it: what the last round did not need is forgotten. Only for pure
 * functions of their key: remembering or not never changes an answer.
 */
export class Memory<T> {
  #round = new Map<string, T>()
  #before = new Map<string, T>()

  recall(key: string, compute: () => T): T {
    const known = this.#round.get(key) ?? this.#before.get(key)
    const value = known ?? compute()
    this.#round.set(key, value)
    return value
  }

  /** Begins the next round. */
  turn(): void {
    this.#before = this.#round
    this.#round = new Map()
  }
}
