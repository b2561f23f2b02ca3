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
}
