/** How a rule came to have a say on a day. */
export const FACT_KINDS = ['dated', 'rule', 'substitute', 'sandwich'] as const
export type FactKind = (typeof FACT_KINDS)[number]

/** One rule's say on one day. */
export interface DayFact {
  readonly day: number
  /** The day that the rule planned, which differs if the day was moved, observed elsewhere or substituted. */
  readonly planned: number
  /** Index into the rules; for a sandwich, of the rule of the holiday before. */
  readonly rule: number
  readonly kind: FactKind
}

const COLUMNS = 4

/**
 * Facts in order of day, and of precedence within a day, packed into one array: a calendar of thirty years has about
 * a thousand, one that lists a hundred thousand dates as many.
 */
export class DayFacts {
  readonly #cells: Int32Array

  constructor(facts: readonly DayFact[]) {
    const sorted = facts
      .map((fact) => ({ fact, rank: FACT_KINDS.indexOf(fact.kind) }))
      .sort((a, b) => a.fact.day - b.fact.day || a.rank - b.rank || a.fact.rule - b.fact.rule)
    this.#cells = new Int32Array(sorted.length * COLUMNS)
    let cell = 0
    for (const { fact, rank } of sorted) {
      this.#cells[cell++] = fact.day
      this.#cells[cell++] = fact.planned
      this.#cells[cell++] = fact.rule
      this.#cells[cell++] = rank
    }
  }

  get size(): number {
    return this.#cells.length / COLUMNS
  }

  has(day: number): boolean {
    const index = this.#firstFrom(day)
    return index < this.size && this.#cells[index * COLUMNS] === day
  }

  /** The facts of one day, those that outrank the others first. */
  of(day: number): readonly DayFact[] {
    const found: DayFact[] = []
    for (let index = this.#firstFrom(day); index < this.size; index++) {
      const fact = this.#at(index)
      if (fact.day !== day) break
      found.push(fact)
    }
    return found
  }

  /** The days from one to another, both included, that have facts, in order. */
  *daysIn(from: number, to: number): Iterable<number> {
    let last: number | null = null
    for (let index = this.#firstFrom(from); index < this.size; index++) {
      const day = this.#cells[index * COLUMNS]!
      if (day > to) return
      if (day !== last) yield day
      last = day
    }
  }

  #at(index: number): DayFact {
    const cell = index * COLUMNS
    return {
      day: this.#cells[cell]!,
      planned: this.#cells[cell + 1]!,
      rule: this.#cells[cell + 2]!,
      kind: FACT_KINDS[this.#cells[cell + 3]!]!,
    }
  }

  #firstFrom(day: number): number {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#cells[middle * COLUMNS]! < day) low = middle + 1
      else high = middle
    }
    return low
  }
}
