/**
 * Whether entries are better sent one by one or in atomic batches, by what each was seen to cost here.
 *
 * One node that syncs now and then stores singles faster, since a batch is written twice; where every answer waits for a
 * disk or for other nodes, a batch waits once for many. So both are measured in full pipes, and the cheaper one is used.
 * Answers come in gusts and machines have hiccups, so that a decision may be wrong: the other way is tried again soon at
 * first, then more and more rarely, because servers are reconfigured.
 */
import type { Clock } from '../ports/clock.ts'

export type Way = 'singles' | 'batches'

/** Noise is no reason to change the way. */
const BETTER_BY = 0.8
/** Decided by, each way. The first one after a change of the way is of a cold pipe and left out. */
const SAMPLES = 8
/** Batches that are under way together are answered together: most look as if they cost nothing, one as if it cost all. */
const MEASURED_A_SAMPLE: Readonly<Record<Way, number>> = { singles: 1, batches: 4 }
const TRY_AGAIN_AT_FIRST_MS = 10_000
const TRY_AGAIN_AT_LAST_MS = 300_000
/** A trial that has cost so many times what the way in use takes for all samples ends: fires wait meanwhile. */
const HOPELESS_BY = 2
const REFUSED_MS = 60_000

const NO_GUST = { measured: 0, count: 0, elapsedMs: 0 }

export class BatchChoice {
  readonly #clock: Clock
  readonly #samples: Record<Way, number[]> = { singles: [], batches: [] }
  #way: Way = 'singles'
  /** Cheaper as far as is known; `#way` is the other one only while that is tried. */
  #cheaper: Way = 'singles'
  #isCold = true
  #gust = NO_GUST
  #hasJudged = false
  #tryAt = 0
  #tryAgainMs = TRY_AGAIN_AT_FIRST_MS

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is used now; asked for every entry. */
  get way(): Way {
    return this.#way
  }

  /** Whether the way that is used now is the cheaper one, as far as is known; false before both were tried. */
  get isSettled(): boolean {
    return this.#hasJudged && this.#way === this.#cheaper
  }

  /** Told what `count` entries took in a full pipe. */
  measured(way: Way, count: number, elapsedMs: number): void {
    // What was still under way when the way changed shared the server with the other one.
    if (way !== this.#way) return
    const before = this.#gust
    const gust = {
      measured: before.measured + 1,
      count: before.count + count,
      elapsedMs: before.elapsedMs + elapsedMs,
    }
    const isWhole = gust.measured >= MEASURED_A_SAMPLE[way]
    this.#gust = isWhole ? NO_GUST : gust
    if (isWhole) this.#sampled(way, gust.elapsedMs / gust.count)
  }

  /** Batches are of no use now: they are not allowed, or were refused for what they are. */
  withoutBatches(): void {
    this.#hasJudged = true
    this.#cheaper = 'singles'
    this.#use('singles')
    this.#tryAgainMs = TRY_AGAIN_AT_FIRST_MS
    this.#tryAt = this.#clock.monotonic() + REFUSED_MS
  }

  #sampled(way: Way, msEach: number): void {
    if (this.#isCold) {
      this.#isCold = false
      return
    }
    const samples = this.#samples[way]
    samples.push(msEach)
    if (samples.length > SAMPLES) samples.shift()
    if (way === this.#cheaper) this.#maybeTry()
    else this.#judge()
  }

  #maybeTry(): void {
    if (this.#samples[this.#cheaper].length < SAMPLES || this.#clock.monotonic() < this.#tryAt) return
    const other = otherThan(this.#cheaper)
    this.#samples[other] = []
    this.#use(other)
  }

  /** Ends the trial as soon as it can be judged. */
  #judge(): void {
    const tried = this.#samples[this.#way]
    const spent = tried.reduce((sum, sample) => sum + sample, 0)
    const isHopeless = spent > HOPELESS_BY * SAMPLES * typical(this.#samples[this.#cheaper])
    if (tried.length < SAMPLES && !isHopeless) return
    this.#hasJudged = true
    const { singles, batches } = this.#samples
    const better = typical(batches) < BETTER_BY * typical(singles) ? 'batches' : 'singles'
    const cheaper = isHopeless ? this.#cheaper : better
    if (cheaper !== this.#cheaper) this.#tryAgainMs = TRY_AGAIN_AT_FIRST_MS
    this.#tryAt = this.#clock.monotonic() + this.#tryAgainMs
    this.#tryAgainMs = Math.min(2 * this.#tryAgainMs, TRY_AGAIN_AT_LAST_MS)
    this.#cheaper = cheaper
    this.#use(cheaper)
  }

  #use(way: Way): void {
    if (this.#way === way) return
    this.#way = way
    this.#isCold = true
    this.#gust = NO_GUST
  }
}

function otherThan(way: Way): Way {
  return way === 'singles' ? 'batches' : 'singles'
}

/** The mean of the middle half: an outlier has no say, as in a median, and gusts, which make two humps, average out. */
function typical(samples: readonly number[]): number {
  const sorted = [...samples].sort((left, right) => left - right)
  const quarter = Math.floor(sorted.length / 4)
  const middle = sorted.slice(quarter, sorted.length - quarter)
  return middle.reduce((sum, sample) => sum + sample, 0) / middle.length
}
