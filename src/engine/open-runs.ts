import type { FireId, ScheduleKey } from '../core/names.ts'
import type { OpenRun, RunPlace } from '../core/run/open-run.ts'
import type { RunsGoing } from '../core/trigger/decision.ts'
import { NO_RUNS } from '../core/trigger/overlap.ts'

/** The runs that have not ended, findable by what is asked of them. */
export class OpenRuns {
  readonly #runs = new Map<FireId, OpenRun>()
  readonly #bySequence = new Map<number, FireId>()
  readonly #failed = new Set<FireId>()
  readonly #going = new Map<string, RunsGoing>()

  constructor(runs: readonly OpenRun[]) {
    for (const run of runs) this.put(run)
  }

  get size(): number {
    return this.#runs.size
  }

  get(run: FireId): OpenRun | undefined {
    return this.#runs.get(run)
  }

  all(): Iterable<OpenRun> {
    return this.#runs.values()
  }

  /** Those whose next attempt waits for its time. */
  failed(): Iterable<OpenRun> {
    return [...this.#failed].flatMap((run) => this.#runs.get(run) ?? [])
  }

  /** The run whose newest message in the log is this one. */
  bySequence(sequence: number): OpenRun | undefined {
    const run = this.#bySequence.get(sequence)
    return run === undefined ? undefined : this.#runs.get(run)
  }

  /** The runs of one schedule that stand in the way of its next. A lost one does not. */
  going({ tenant, schedule }: ScheduleKey): RunsGoing {
    return this.#going.get(`${tenant}/${schedule}`) ?? NO_RUNS
  }

  /** The oldest message of an adapter that is with its consumer; null: there is none. Asks every run. */
  oldestOf(tenant: string, adapter: string): number | null {
    let oldest: number | null = null
    for (const run of this.#runs.values()) {
      const isWithLeader = run.state === 'lost' || (run.state === 'failed' && run.retry?.by === 'leader')
      if (run.tenant !== tenant || run.adapter !== adapter || run.sequence === 0 || isWithLeader) continue
      oldest = Math.min(oldest ?? run.sequence, run.sequence)
    }
    return oldest
  }

  put(run: OpenRun): void {
    const before = this.#runs.get(run.run)
    this.#runs.set(run.run, run)
    if (run.state === 'failed') this.#failed.add(run.run)
    else this.#failed.delete(run.run)
    if (before === undefined || before.sequence !== run.sequence) {
      if (before !== undefined) this.#bySequence.delete(before.sequence)
      if (run.sequence > 0) this.#bySequence.set(run.sequence, run.run)
    }
    const stood = before !== undefined && before.state !== 'lost'
    const stands = run.state !== 'lost'
    if (stood !== stands) this.#count(run, stands ? 1 : -1, run.signAt)
  }

  /** Forgets a run that has ended, at `endedAt`. */
  end(place: RunPlace, run: FireId, endedAt: number): void {
    const before = this.#runs.get(run)
    if (before === undefined) return
    this.#runs.delete(run)
    this.#failed.delete(run)
    this.#bySequence.delete(before.sequence)
    if (before.state !== 'lost') this.#count(place, -1, endedAt)
  }

  clear(): void {
    this.#runs.clear()
    this.#failed.clear()
    this.#bySequence.clear()
    this.#going.clear()
  }

  #count({ tenant, schedule }: RunPlace, change: 1 | -1, at: number): void {
    const id = `${tenant}/${schedule}`
    const { open, freeSince } = this.#going.get(id) ?? NO_RUNS
    this.#going.set(id, { open: open + change, freeSince: change < 0 ? Math.max(freeSince, at) : freeSince })
  }
}
