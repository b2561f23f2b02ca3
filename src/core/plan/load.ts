/**
 * How many fires reach each adapter, minute by minute, summed up in cells of a heat map. A fire counts when it is due,
 * jitter included: that is when its adapter gets it.
 */
import { DEFAULT_CONCURRENCY } from '../manifest/adapter-defaults.ts'
import type { DocumentOf } from '../manifest/tree-index.ts'
import type { LocalSeconds } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { LoadGrid } from './load-grid.ts'
import type { PreviewedSchedule } from './preview.ts'

export interface LoadOptions {
  /** Included, epoch milliseconds. */
  readonly from: number
  /** Excluded, epoch milliseconds. */
  readonly to: number
  /** Cells are stretches of this zone's wall clock. */
  readonly zone: Zone
  readonly grid: LoadGrid
}

export interface AdapterLoad {
  /** `tenant/name`. */
  readonly id: string
  readonly concurrency: number
  /** How many schedules send to it. */
  readonly schedules: number
  readonly fires: number
  /** By cell of the grid. */
  readonly cellFires: Uint32Array
  /** By cell of the grid: the fires of its fullest minute. */
  readonly cellFullest: Uint32Array
  /** Minutes with more fires than runs may be in flight. */
  readonly crowdedMinutes: number
  /** The first of the fullest minutes; null without any fire. */
  readonly fullest: FullMinute | null
}

export interface FullMinute {
  /** Its begin, epoch milliseconds. */
  readonly at: number
  readonly fires: number
  /** Who fires in it, those with the most fires first. */
  readonly by: readonly { readonly schedule: string; readonly fires: number }[]
}

const MINUTE_MS = 60_000
/** Minutes that are counted at once; between two such stretches whoever counts may pause or stop. */
const MINUTES_AT_ONCE = 1440
/** Fires counted without a pause, about a tenth of a second. */
const FIRES_AT_ONCE = 100_000

/**
 * Counts, and yields again and again up to which instant it is done. Every adapter has a result, also one without a
 * fire, in the order in which they are given.
 */
export function* countLoad(
  adapters: readonly DocumentOf<'Adapter'>[],
  schedules: readonly PreviewedSchedule[],
  options: LoadOptions,
): Generator<number, readonly AdapterLoad[], undefined> {
  const { from, to, zone } = options
  const counts = adapters.map((adapter) => new AdapterCount(adapter, options.grid))
  const byId = new Map(counts.map((count) => [count.id, count]))
  const feeds = schedules.flatMap((schedule) => {
    const count = byId.get(adapterIdOf(schedule))
    return count === undefined ? [] : [count.feed(schedule, from)]
  })
  const begin = Math.floor(from / MINUTE_MS) * MINUTE_MS
  for (let at = begin; at < to; at += MINUTES_AT_ONCE * MINUTE_MS) {
    const end = Math.min(to, at + MINUTES_AT_ONCE * MINUTE_MS)
    let counted = 0
    for (const feed of feeds) {
      while (feed.due < end) {
        feed.count.add(Math.floor((feed.due - at) / MINUTE_MS))
        feed.advance()
        counted += 1
        if (counted % FIRES_AT_ONCE === 0) yield at
      }
    }
    for (const count of counts) count.settle(at, zone)
    yield end
  }
  return counts.map((count) => count.result())
}

/** `tenant/name` of the adapter that a schedule's fires go to. */
export function adapterIdOf({ trigger }: PreviewedSchedule): string {
  return `${trigger.key.tenant}/${trigger.adapter}`
}

/** The due times of one schedule, one after another. Jitter keeps their order: it never reaches the next nominal time. */
class Feed {
  readonly schedule: PreviewedSchedule
  readonly count: AdapterCount
  #nominal: number | null = null
  #left: number
  /** Epoch milliseconds; Infinity when there are no more. */
  due = Number.POSITIVE_INFINITY
  /** The first and the last that were counted. */
  readonly first: number
  last = Number.NEGATIVE_INFINITY

  constructor(schedule: PreviewedSchedule, count: AdapterCount, from: number) {
    this.schedule = schedule
    this.count = count
    this.#left = schedule.trigger.maxFires ?? Number.POSITIVE_INFINITY
    if (schedule.firesAfter !== Number.POSITIVE_INFINITY) this.#take(firstDue(schedule, from))
    this.first = this.due
  }

  advance(): void {
    this.last = this.due
    this.#left -= 1
    this.#take(this.#left <= 0 || this.#nominal === null ? null : this.schedule.compiled.next(this.#nominal))
  }

  #take(nominal: number | null): void {
    this.#nominal = nominal
    this.due = nominal === null ? Number.POSITIVE_INFINITY : this.schedule.compiled.dueOf(nominal)
  }
}

/** The first nominal time that is due at `from` or later. */
function firstDue({ compiled, spec, firesAfter }: PreviewedSchedule, from: number): number | null {
  // Of the times before `from` only the last can still be due.
  const before = spec.jitter === undefined ? null : compiled.previous(from)
  const isDue = before !== null && before > firesAfter && compiled.dueOf(before) >= from
  return isDue ? before : compiled.next(Math.max(from - 1, firesAfter))
}

class AdapterCount {
  readonly id: string
  readonly concurrency: number
  readonly #grid: LoadGrid
  readonly #minutes = new Uint32Array(MINUTES_AT_ONCE)
  readonly #cellFires: Uint32Array
  readonly #cellFullest: Uint32Array
  readonly #feeds: Feed[] = []
  #isEmpty = true
  #fires = 0
  #crowdedMinutes = 0
  #fullest = { at: 0, fires: 0 }

  constructor({ tenant, name, manifest }: DocumentOf<'Adapter'>, grid: LoadGrid) {
    this.id = `${tenant}/${name}`
    this.concurrency = manifest.spec.concurrency ?? DEFAULT_CONCURRENCY
    this.#grid = grid
    this.#cellFires = new Uint32Array(grid.cells)
    this.#cellFullest = new Uint32Array(grid.cells)
  }

  feed(schedule: PreviewedSchedule, from: number): Feed {
    const feed = new Feed(schedule, this, from)
    this.#feeds.push(feed)
    return feed
  }

  add(minute: number): void {
    this.#minutes[minute] = this.#minutes[minute]! + 1
    this.#isEmpty = false
  }

  /** Moves what was added since the last time into the cells; `at` is the begin of the first minute. */
  settle(at: number, zone: Zone): void {
    if (this.#isEmpty) return
    this.#minutes.forEach((fires, index) => {
      if (fires === 0) return
      const minute = at + index * MINUTE_MS
      const cell = this.#cellOf(zone.localAt(minute))
      this.#cellFires[cell] = this.#cellFires[cell]! + fires
      this.#cellFullest[cell] = Math.max(this.#cellFullest[cell]!, fires)
      this.#fires += fires
      if (fires > this.concurrency) this.#crowdedMinutes += 1
      if (fires > this.#fullest.fires) this.#fullest = { at: minute, fires }
    })
    this.#minutes.fill(0)
    this.#isEmpty = true
  }

  result(): AdapterLoad {
    const { id, concurrency } = this
    const feeds = this.#feeds
    const { at, fires } = this.#fullest
    return {
      id,
      concurrency,
      schedules: feeds.length,
      fires: this.#fires,
      cellFires: this.#cellFires,
      cellFullest: this.#cellFullest,
      crowdedMinutes: this.#crowdedMinutes,
      fullest: fires === 0 ? null : { at, fires, by: firingIn(feeds, at) },
    }
  }

  #cellOf(local: LocalSeconds): number {
    const { begin, cellSeconds, cells } = this.#grid
    // Where clocks go back near the begin or end of the range, a wall clock reads what lies outside of it.
    return Math.min(cells - 1, Math.max(0, Math.floor((local - begin) / cellSeconds)))
  }
}

/** The schedules of which fires were counted in a minute, those with the most of them first. */
function firingIn(feeds: readonly Feed[], minute: number): FullMinute['by'] {
  const found = feeds.flatMap(({ schedule, first, last }) => {
    const { compiled } = schedule
    if (last < minute) return []
    const end = Math.min(minute + MINUTE_MS - 1, last)
    let fires = 0
    for (
      let at = firstDue(schedule, Math.max(minute, first));
      at !== null && compiled.dueOf(at) <= end;
      at = compiled.next(at)
    )
      fires += 1
    return fires === 0 ? [] : [{ schedule: schedule.id, fires }]
  })
  return found.sort((a, b) => b.fires - a.fires)
}
