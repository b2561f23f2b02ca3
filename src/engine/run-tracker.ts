/**
 * Knows which runs have not ended, while this instance leads.
 *
 * Job: fold the log of fires, the events of runs and the server's notices of deliveries into the runs that are open, for
 * whoever decides by them (overlap, `after`, retries), and see to what their ends ask for. A term begins with the snapshot
 * that the last one stored and reads what came after it, so that nothing is kept warm that might be wrong. Invariants:
 * - `start` resolves only when everything is folded that was stored when the term began.
 * - What the end of a run asks for is owed until it is done, and stands in every snapshot until then; each is idempotent.
 * - The tracker ends no run by itself but through the run's own chain of events, where the first end wins.
 * On failure of a store: what is owed stays owed, and is tried again.
 */
import { type FireId, idOfFire, scheduleOfRun } from '../core/names.ts'
import {
  type EndedRun,
  type OpenRun,
  type RunPlace,
  type StoredFire,
  storedFireOf,
  type ToldEvent,
  withEvent,
  withFire,
} from '../core/run/open-run.ts'
import { isFinal, type RunEvent } from '../core/run/run-event.ts'
import type { Fire } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { FireLog, LogRecord } from '../ports/fire-log.ts'
import type { RunJournal, ToldNotice } from '../ports/run-journal.ts'
import { OpenRuns } from './open-runs.ts'
import type { RunPositions, RunSnapshot } from './run-snapshot.ts'

export interface RunTrackerOptions {
  readonly log: FireLog
  readonly journal: RunJournal
  readonly clock: Clock
  /** Where the last term's tracker left off; null: nothing is known of runs. */
  readonly snapshot: RunSnapshot | null
  /** Told once for each run that ends, and again after a take-over if what it asks for was not yet done. */
  readonly onEnded: (ended: EndedRun) => void
  /** Told when an open run changes: it was opened, or goes on. */
  readonly onChange: (run: OpenRun) => void
  /** Told of an open run right before it ends. */
  readonly onEnding: (run: OpenRun, end: { readonly event: RunEvent; readonly endedAt: number }) => void
  /** Told of every event. */
  readonly onTold: (told: ToldEvent) => void
  /** Told of what the server says of a delivery of an open run. */
  readonly onNotice: (run: OpenRun, told: ToldNotice) => void
}

const READY_STEP_MS = 20
/** The newest of a stream may have expired before older ones: without a sign for this long nothing more comes. */
const SILENT_MS = 2_000

export class RunTracker {
  readonly #options: RunTrackerOptions
  readonly open: OpenRuns
  /** Ends of runs whose fires have not been told yet; the two come from different streams. */
  readonly #endedAhead = new Set<FireId>()
  /** Notices of fires that have not been told yet: a quick worker acknowledges before the log tells. */
  readonly #noticesAhead = new Map<number, ToldNotice>()
  #positions: RunPositions
  /** Runs that ended before this were of another log: nothing follows on them in this one. */
  #logMadeAt = 0

  constructor(options: RunTrackerOptions) {
    this.#options = options
    this.open = new OpenRuns(options.snapshot?.open ?? [])
    this.#positions = options.snapshot?.positions ?? { incarnation: '', fires: 0, events: 0, notices: 0 }
  }

  /** Up to where everything is folded. */
  get positions(): RunPositions {
    return this.#positions
  }

  /** Resolves when all that was stored before this call is folded, or `signal` aborts. Throws retryable. */
  async start(signal: AbortSignal): Promise<void> {
    const { log, journal, clock, snapshot, onEnded } = this.#options
    const [info, newest] = await Promise.all([log.info(), journal.positions()])
    if (info.incarnation !== this.#positions.incarnation) {
      this.#logMadeAt = info.madeAt
      // Another log has other runs; what is known of the old one's sequences means nothing in it.
      this.open.clear()
      this.#positions = {
        incarnation: info.incarnation,
        fires: info.firstSequence - 1,
        events: 0,
        notices: 0,
      }
    } else {
      for (const ended of snapshot?.owed ?? []) onEnded(ended)
    }
    // What has expired is told by nobody.
    this.#moved({ fires: Math.max(this.#positions.fires, info.firstSequence - 1) })
    this.#follow(signal)
    const reached = () =>
      this.#positions.fires >= info.lastSequence &&
      this.#positions.events >= newest.events &&
      this.#positions.notices >= newest.notices
    let before = this.#positions
    let progressAt = clock.monotonic()
    while (!reached() && clock.monotonic() - progressAt < SILENT_MS && !signal.aborted) {
      await clock.sleep(READY_STEP_MS, signal)
      if (this.#positions !== before) progressAt = clock.monotonic()
      before = this.#positions
    }
  }

  /** Told by whoever has just stored a fire, which the log will tell later: the next decision knows of it already. */
  stored(fire: StoredFire): void {
    if (!this.#endedAhead.has(fire.run)) this.#takeFire(fire)
  }

  #follow(signal: AbortSignal): void {
    const { log, journal } = this.#options
    const { fires, events, notices } = this.#positions
    log.follow(
      fires + 1,
      { onRecord: (record) => this.#takeRecord(record), onReset: (incarnation) => this.#begin(incarnation) },
      signal,
    )
    journal.followEvents(
      events + 1,
      { onTold: (told) => this.#takeEvent(told), onReset: () => this.#moved({ events: 0 }) },
      signal,
    )
    journal.followNotices(
      notices + 1,
      { onTold: (told) => this.#takeNotice(told), onReset: () => this.#moved({ notices: 0 }) },
      signal,
    )
  }

  #begin(incarnation: string): void {
    this.open.clear()
    this.#endedAhead.clear()
    this.#noticesAhead.clear()
    this.#moved({ incarnation, fires: 0 })
  }

  #moved(positions: Partial<RunPositions>): void {
    this.#positions = { ...this.#positions, ...positions }
  }

  #takeRecord(record: LogRecord): void {
    const fire = storedFireOf(record)
    if (fire !== null && !this.#endedAhead.delete(fire.run)) this.#takeFire(fire)
    this.#noticesAhead.delete(record.sequence)
    this.#moved({ fires: Math.max(this.#positions.fires, record.sequence) })
  }

  #takeFire(fire: StoredFire): void {
    const before = this.open.get(fire.run)
    // The log tells again what whoever stored it has told; meanwhile the run may have ended.
    if (before === undefined && fire.sequence <= this.#positions.fires) return
    const run = withFire(before, fire)
    if (run === before) return
    this.open.put(run)
    this.#options.onChange(run)
    const notice = this.#noticesAhead.get(run.sequence)
    if (notice === undefined) return
    this.#noticesAhead.delete(run.sequence)
    this.#options.onNotice(run, notice)
  }

  #takeEvent(told: ToldEvent): void {
    this.#moved({ events: Math.max(this.#positions.events, told.sequence) })
    this.#options.onTold(told)
    const { run } = told.event
    const before = this.open.get(run)
    if (isFinal(told.event)) {
      if (before !== undefined) this.#options.onEnding(before, { event: told.event, endedAt: told.storedAt })
      this.open.end(told.place, run, told.storedAt)
      if (told.event.sequence > this.#positions.fires) this.#endedAhead.add(run)
      if (told.storedAt < this.#logMadeAt) return
      this.#options.onEnded({ ...told.place, run, event: told.event, endedAt: told.storedAt })
      return
    }
    const next = withEvent(before, told)
    if (next === null || next === before) return
    this.open.put(next)
    this.#options.onChange(next)
  }

  #takeNotice(told: ToldNotice): void {
    this.#moved({ notices: Math.max(this.#positions.notices, told.sequence) })
    const { fireSequence } = told.notice
    const run = this.open.bySequence(fireSequence)
    if (run !== undefined) this.#options.onNotice(run, told)
    else if (fireSequence > this.#positions.fires) this.#noticesAhead.set(fireSequence, told)
  }
}

/** What the log will tell of a fire that was just stored. */
export function storedFireFrom(
  { key, job, adapter, lane, nominal, reason, retry }: Fire,
  { sequence, storedAt }: { readonly sequence: number; readonly storedAt: number },
): StoredFire {
  const run = retry?.run ?? idOfFire(key, nominal)
  const place: RunPlace = { tenant: key.tenant, schedule: scheduleOfRun(run), job, adapter }
  return { ...place, run, lane, nominal, reason, sequence, storedAt, attempt: retry?.attempt ?? 1 }
}
