/** Something with a time to be done at. `heapIndex` belongs to the heap: -1 while the item is in none. */
export interface Due {
  due: number
  heapIndex: number
}

/**
 * A binary min-heap by `due` whose items know their place, so that moving or removing one of a million costs a handful
 * of swaps and no search.
 */
export class DueHeap<T extends Due> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  /** Puts the item in, or moves it to its new `due`. */
  set(item: T, due: number): void {
    const before = item.due
    item.due = due
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length
      this.#items.push(item)
      this.#rise(item)
    } else if (due < before) {
      this.#rise(item)
    } else {
      this.#sink(item)
    }
  }

  /** Takes the item out; does nothing if it is not in. */
  remove(item: T): void {
    const index = item.heapIndex
    if (index < 0) return
    item.heapIndex = -1
    const last = this.#items.pop()!
    if (last === item) return
    this.#place(last, index)
    this.#rise(last)
    this.#sink(last)
  }

  /** Takes out the first item if it is due by `now`. */
  popDue(now: number): T | undefined {
    const first = this.#items[0]
    if (first === undefined || first.due > now) return undefined
    this.remove(first)
    return first
  }

  clear(): void {
    for (const item of this.#items) item.heapIndex = -1
    this.#items.length = 0
  }

  #place(item: T, index: number): void {
    this.#items[index] = item
    item.heapIndex = index
  }

  #rise(item: T): void {
    let index = item.heapIndex
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#items[parentIndex]!
      if (parent.due <= item.due) break
      this.#place(parent, index)
      index = parentIndex
    }
    this.#place(item, index)
  }

  #sink(item: T): void {
    const size = this.#items.length
    let index = item.heapIndex
    for (;;) {
      let childIndex = 2 * index + 1
      if (childIndex >= size) break
      const right = childIndex + 1
      if (right < size && this.#items[right]!.due < this.#items[childIndex]!.due) childIndex = right
      const child = this.#items[childIndex]!
      if (child.due >= item.due) break
      this.#place(child, index)
      index = childIndex
    }
    this.#place(item, index)
  }
}
