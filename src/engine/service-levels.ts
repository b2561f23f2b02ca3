/**
 * Tells of runs that start or finish too late.
 *
 * Job: hold the runs that are open, and those that end, against what their schedules ask for. Invariants: each lateness of
 * a run is told once a term and stands in the snapshot of runs from then on; nothing that is decided depends on it. On
 * failure of the process between telling and the snapshot: the next leader tells it again, as with any event.
 */
import type { EndedRun, OpenRun, RunPlace } from '../core/run/open-run.ts'
import { type Lateness, type ServiceLevelSettings, watched } from '../core/run/service-level.ts'
import type { OpenRuns } from './open-runs.ts'

export interface ServiceLevelsOptions {
  /** null: the schedule asks for nothing. */
  readonly levelOf: (place: RunPlace) => ServiceLevelSettings | null
  readonly now: () => number
  readonly onLate: (run: OpenRun, what: Lateness, by: number) => void
}

export class ServiceLevels {
  readonly #options: ServiceLevelsOptions
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(options: ServiceLevelsOptions) {
    this.#options = options
  }

  /** A term begins: all open runs are to be looked at. */
  begin(): void {
    this.#nextAt = Number.NEGATIVE_INFINITY
  }

  /** An open run is new, or has changed. Whether it must be looked at before all others. */
  changed(run: OpenRun): boolean {
    const level = this.#options.levelOf(run)
    if (level === null) return false
    const { late, nextAt } = watched({ ...run, ...told(run), endedAt: null }, level, this.#options.now())
    const at = late.length > 0 ? Number.NEGATIVE_INFINITY : nextAt
    if (at >= this.#nextAt) return false
    this.#nextAt = at
    return true
  }

  /** A run that was open has ended. */
  ended(run: OpenRun, { event, endedAt }: Pick<EndedRun, 'event' | 'endedAt'>): void {
    const level = this.#options.levelOf(run)
    if (level === null) return
    // An end says when its own attempt began; of a later one nobody knows when the first did.
    const begun = 'startedAt' in event && event.startedAt !== null ? Date.parse(event.startedAt) : null
    const startedAt = told(run).startedAt ?? (event.attempt > 1 ? run.nominal : begun)
    this.#tell(run, level, watched({ ...run, late: run.late ?? [], startedAt, endedAt }, level, endedAt).late)
  }

  /** Tells what is late by now. Returns for how long nothing more will be, milliseconds, and whether something was told. */
  work(open: OpenRuns): { readonly restMs: number; readonly hasTold: boolean } {
    const now = this.#options.now()
    let hasTold = false
    if (this.#nextAt <= now) {
      this.#nextAt = Number.POSITIVE_INFINITY
      for (const run of [...open.all()]) {
        const level = this.#options.levelOf(run)
        if (level === null) continue
        const { late, nextAt } = watched({ ...run, ...told(run), endedAt: null }, level, now)
        this.#nextAt = Math.min(this.#nextAt, nextAt)
        if (late.length === 0) continue
        open.put({ ...run, late: [...(run.late ?? []), ...late] })
        this.#tell(run, level, late)
        hasTold = true
      }
    }
    return { restMs: Math.max(0, this.#nextAt - now), hasTold }
  }

  #tell(run: OpenRun, level: ServiceLevelSettings, late: readonly Lateness[]): void {
    for (const what of late) {
      const withinMs = what === 'start' ? level.startWithinMs : level.finishWithinMs
      this.#options.onLate(run, what, run.nominal + (withinMs ?? 0))
    }
  }
}

/** Of a first attempt that goes on it is known when it began; else only whether one has, which is then not told as late. */
function told({ attempt, state, signAt, nominal, late = [] }: OpenRun) {
  const startedAt = attempt === 0 ? null : attempt === 1 && state === 'running' ? signAt : nominal
  return { startedAt, late }
}
