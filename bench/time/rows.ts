import type { Agreement } from './agreement.ts'

export interface PeerFigure {
  readonly peer: string
  readonly perSecond: number
  readonly ratio: number
  readonly agreement: Agreement
}

export interface Row {
  readonly engine: string
  readonly expression: string
  readonly timezone: string
  readonly perSecond: number
  readonly peers: readonly PeerFigure[]
}

export interface Summary {
  readonly node: string
  /** Per engine of ours. */
  readonly engines: readonly {
    readonly engine: string
    readonly slowest: number
    /** Geometric means over all rows. */
    readonly ratios: Readonly<Record<string, number>>
  }[]
  readonly firesCompared: number
  readonly firesDiffering: number
  readonly compileMicroseconds: number
  readonly compiles: number
  readonly bytesPerCron: number
  readonly schedules: ScheduleFigures
}

/** Schedules with zone and calendar, the calendars shared. */
export interface ScheduleFigures {
  readonly compileMicroseconds: number
  readonly bytes: number
  /** The same with `roll: following` and jitter. */
  readonly bytesWithRoll: number
  /** A year of daily schedules, every candidate of it. */
  readonly year: {
    readonly schedules: number
    readonly candidates: number
    readonly fires: number
    readonly seconds: number
  }
}
