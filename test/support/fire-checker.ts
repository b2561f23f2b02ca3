import type { LogRecord } from '../../src/ports/fire-log.ts'

export interface Verdict {
  readonly fires: number
  /** Nominal times, `schedule@time`, that were neither fired nor settled by a marker. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Fires at times that nobody asked for. */
  readonly foreign: readonly string[]
  /** Settled by a marker instead of a fire. */
  readonly settled: number
  readonly worstLatenessMs: number
}

export interface Expected {
  readonly schedule: string
  /** All nominal times, epoch milliseconds, that the schedule owes within the period looked at. */
  readonly nominals: readonly number[]
}

/** Compares the log with what was owed: every nominal time is one fire, or lies in the range of a marker. */
export function checkFires(records: readonly LogRecord[], expected: readonly Expected[]): Verdict {
  const lost: string[] = []
  const doubled: string[] = []
  const foreign: string[] = []
  let fires = 0
  let settled = 0
  let worstLatenessMs = 0
  for (const { schedule, nominals } of expected) {
    const own = records.filter(({ key }) => key.schedule === schedule)
    const owed = new Set(nominals)
    const fired = new Set<number>()
    let settledTo = 0
    for (const { kind, nominal, storedAt, reason } of own) {
      if (kind === 'marker') {
        settled += nominals.filter((each) => each > settledTo && each <= nominal).length
      } else {
        fires += 1
        if (fired.has(nominal)) doubled.push(nameOf(schedule, nominal))
        if (!owed.has(nominal)) foreign.push(nameOf(schedule, nominal))
        if (reason === 'scheduled') worstLatenessMs = Math.max(worstLatenessMs, storedAt - nominal)
        fired.add(nominal)
        // Fires are in order and skip nothing: what lies between two of them was lost.
        for (const each of nominals) if (each > settledTo && each < nominal) lost.push(nameOf(schedule, each))
      }
      settledTo = Math.max(settledTo, nominal)
    }
    for (const each of nominals) if (each > settledTo) lost.push(nameOf(schedule, each))
  }
  return { fires, lost, doubled, foreign, settled, worstLatenessMs }
}

/** Every whole multiple of `stepMs` in (after, to]. */
export function everyStep(stepMs: number, after: number, to: number): readonly number[] {
  const nominals: number[] = []
  for (let at = (Math.floor(after / stepMs) + 1) * stepMs; at <= to; at += stepMs) nominals.push(at)
  return nominals
}

function nameOf(schedule: string, nominal: number): string {
  return `${schedule}@${new Date(nominal).toISOString()}`
}
