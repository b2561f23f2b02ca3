import type { ServiceLevel } from '../kinds.ts'
import { parseDuration } from '../time/duration.ts'

export type Lateness = 'start' | 'finish'

/** Counted from a run's nominal time, milliseconds; null: it may take as long as it likes. */
export interface ServiceLevelSettings {
  readonly startWithinMs: number | null
  readonly finishWithinMs: number | null
}

/** The settings of a validated manifest; null: there are none. */
export function serviceLevelSettings(written: ServiceLevel | undefined): ServiceLevelSettings | null {
  if (written === undefined) return null
  return {
    startWithinMs: milliseconds(written.startWithin),
    finishWithinMs: milliseconds(written.finishWithin),
  }
}

export interface WatchedRun {
  readonly nominal: number
  readonly reason: string
  /** When a worker first began with it, as far as it was told; null: none has. */
  readonly startedAt: number | null
  /** null: it has not. */
  readonly endedAt: number | null
  /** What was told before. */
  readonly late: readonly Lateness[]
}

export interface Watched {
  /** What is late by now and was not told. */
  readonly late: readonly Lateness[]
  /** When the next of it will be, epoch milliseconds; infinity: never. */
  readonly nextAt: number
}

/** Nominal times that lie in the past because somebody asked for them say nothing of how fast a run is. */
const UNWATCHED: ReadonlySet<string> = new Set(['backfill', 'requeue', 'unknown'])

export function watched(run: WatchedRun, settings: ServiceLevelSettings, now: number): Watched {
  const late: Lateness[] = []
  let nextAt = Number.POSITIVE_INFINITY
  const watch = (what: Lateness, withinMs: number | null, doneAt: number | null): void => {
    if (withinMs === null || run.late.includes(what) || UNWATCHED.has(run.reason)) return
    const by = run.nominal + withinMs
    if ((doneAt ?? now) > by) late.push(what)
    else if (doneAt === null) nextAt = Math.min(nextAt, by + 1)
  }
  // An end says that it was begun, if not when.
  watch('start', settings.startWithinMs, run.startedAt ?? run.endedAt)
  watch('finish', settings.finishWithinMs, run.endedAt)
  return { late, nextAt }
}

function milliseconds(text: string | undefined): number | null {
  const parsed = text === undefined ? null : parseDuration(text)
  return parsed?.ok === true ? parsed.value : null
}
