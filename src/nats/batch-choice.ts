/**
 * Whether entries are better sent one by one or in atomic batches, by what each was seen to cost here.
 *
 * One node that syncs now and then stores singles faster, since a batch is written twice; where every answer waits for a
 * disk or for other nodes, a batch waits once for many. So both are measured in full pipes, and the cheaper one is used;
 * the other one is tried again now and then, because servers are reconfigured.
 */
import type { Clock } from '../ports/clock.ts'

export type Way = 'singles' | 'batches'

/** Noise is no reason to change the way. */
const BETTER_BY = 0.8
const SAMPLES_AT_FIRST = 3
const TRY_AGAIN_MS = 300_000
const REFUSED_MS = 60_000
/** Answers come in gusts: one measurement alone says little. */
const LEAST_WEIGHT_OF_NEW = 0.05

interface Cost {
  readonly msEach: number
  readonly samples: number
  readonly measuredAt: number
}

export class BatchChoice {
  readonly #clock: Clock
  readonly #costs: Record<Way, Cost | null> = { singles: null, batches: null }
  #way: Way = 'singles'
  #offUntil = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is used now; asked for every entry. */
  get way(): Way {
    return this.#way
  }

  /** Told what `count` entries took in a full pipe. */
  measured(way: Way, count: number, elapsedMs: number): void {
    const before = this.#costs[way]
    const msEach = elapsedMs / count
    const measuredAt = this.#clock.monotonic()
    // What was measured long ago says nothing of now.
    const isCurrent = before !== null && measuredAt - before.measuredAt < TRY_AGAIN_MS
    const samples = isCurrent ? before.samples + 1 : 1
    const weight = Math.max(1 / samples, LEAST_WEIGHT_OF_NEW)
    this.#costs[way] = {
      msEach: isCurrent ? before.msEach + weight * (msEach - before.msEach) : msEach,
      samples,
      measuredAt,
    }
    this.#way = this.#choose()
  }

  /** Batches are of no use now: they are not allowed, or were refused for what they are. */
  withoutBatches(): void {
    this.#offUntil = this.#clock.monotonic() + REFUSED_MS
    this.#way = 'singles'
  }

  /** Both costs in milliseconds an entry, null while unknown; for logs and the bench. */
  get costs(): Readonly<Record<Way, number | null>> {
    return { singles: this.#costs.singles?.msEach ?? null, batches: this.#costs.batches?.msEach ?? null }
  }

  #choose(): Way {
    const { singles, batches } = this.#costs
    const now = this.#clock.monotonic()
    if (now < this.#offUntil || singles === null || singles.samples < SAMPLES_AT_FIRST) return 'singles'
    if (batches === null || batches.samples < SAMPLES_AT_FIRST) return 'batches'
    const better: Way = batches.msEach < BETTER_BY * singles.msEach ? 'batches' : 'singles'
    const other = better === 'batches' ? singles : batches
    if (now - other.measuredAt < TRY_AGAIN_MS) return better
    return better === 'batches' ? 'singles' : 'batches'
  }
}
