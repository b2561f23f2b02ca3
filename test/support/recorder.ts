/** Collects what a callback is told, and lets a test wait for it without sleeping. */
export class Recorder<T> {
  readonly items: T[] = []
  readonly #waiting = new Set<() => void>()

  readonly push = (item: T): void => {
    this.items.push(item)
    for (const check of [...this.#waiting]) check()
  }

  /** Resolves as soon as the items satisfy `condition`. The test's own time-out is its limit. */
  until(condition: (items: readonly T[]) => boolean): Promise<readonly T[]> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition(this.items)) return
        this.#waiting.delete(check)
        resolve(this.items)
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** Resolves when `count` items are there. */
  count(count: number): Promise<readonly T[]> {
    return this.until((items) => items.length >= count)
  }
}
