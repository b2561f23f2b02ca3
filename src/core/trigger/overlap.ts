/**
 * What becomes of a fire that comes up while a run of its schedule is still going: a pure decision over what `decide`
 * wants to store and what the run tracker knows.
 *
 * A buffer is not stored anywhere: what waits is (cursor, now]. So a take-over finds the same buffer, and an edit settles
 * it as it settles everything else that is held back. Waiting is not lateness: what came up while a run was going is
 * never taken for missed.
 */
import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import { decide } from './decide.ts'
import type { Decidable, Decision, PlannedEntry, Progress, RunsGoing } from './decision.ts'
import { countFirings } from './missed.ts'
import { DEFAULT_OVERLAP, type OverlapSettings } from './policy.ts'

/** `buffer-all` keeps this many, the newest. */
export const MOST_BUFFERED = 1_000
const BUFFER_CHECK_MS = 30_000

export const NO_RUNS: RunsGoing = { open: 0, freeSince: 0 }

/** `decide`, with the runs that are going taken into account. */
export function decideOverlap(schedule: Decidable, progress: Progress, now: number): Decision {
  const { overlap = DEFAULT_OVERLAP } = schedule
  const { runs = NO_RUNS } = progress
  switch (overlap.policy) {
    case 'allow':
      return decide(schedule, progress, now)
    case 'skip':
      return skipping(decide(schedule, progress, now), runs)
    case 'buffer-one':
    case 'buffer-all':
    case 'cancel-other':
      return runs.open > 0
        ? waiting({ ...schedule, overlap }, progress, now)
        : oneAfterAnother({ ...schedule, overlap }, progress, { now, runs })
  }
}

/** Everything that meets an open run is left out at once; of several that are due together the first one runs. */
function skipping(decision: Decision, { open }: RunsGoing): Decision {
  const entries: PlannedEntry[] = []
  let isFree = open === 0
  for (const entry of decision.entries) {
    const last = entries.at(-1)
    if (entry.kind === 'marker' || isFree) {
      entries.push(entry)
      if (entry.kind === 'fire') isFree = false
    } else if (last?.kind === 'marker' && last.reason === 'overlap') {
      const settledCount = (last.settledCount ?? 0) + (entry.missedCount ?? 1)
      entries[entries.length - 1] = { ...last, nominal: entry.nominal, settledCount }
    } else {
      const { nominal, missedCount } = entry
      entries.push({ kind: 'marker', nominal, reason: 'overlap', settledCount: missedCount ?? 1 })
    }
  }
  return { ...decision, entries }
}

interface Overlapping extends Decidable {
  readonly overlap: OverlapSettings
}

/** A run is going: the oldest that is due waits for its end, and what came after it waits behind it. */
function waiting(schedule: Overlapping, progress: Progress, now: number): Decision {
  const decision = decide(schedule, progress, now)
  const firstFire = decision.entries.find(({ kind }) => kind === 'fire')
  if (firstFire === undefined) {
    // Also what `decide` calls missed came up while the run was going, and waits.
    const isMiss = decision.entries.some(({ reason }) => reason === 'misfire' || reason === 'closed-now')
    if (!isMiss && decision.condition !== 'held-until-open') return decision
  }
  const { compiled, overlap } = schedule
  const leading = endsOfHolds(decision)
  const from = Math.max(progress.cursor, leading.at(-1)?.nominal ?? 0)
  const oldest = compiled.next(from)
  if (oldest === null) return decision
  if (overlap.policy === 'cancel-other') {
    const until = compiled.dueOf(oldest) + overlap.cancelWaitMs
    if (until <= now) return onlyFirst(compiled, { leading, oldest, now })
    return { entries: leading, skipped: [], settledTo: from, wakeAt: until, condition: 'cancelling' }
  }
  const dropped = overlap.policy === 'buffer-all' ? overfull(compiled, from, now) : null
  return {
    entries: dropped === null ? leading : [...leading, dropped],
    skipped: [],
    settledTo: dropped?.nominal ?? from,
    // The end of the run wakes the schedule; the buffer is looked at now and then, so that it does not outgrow its cap.
    wakeAt: overlap.policy === 'buffer-all' ? now + BUFFER_CHECK_MS : null,
    condition: 'waiting-for-run',
  }
}

/** No run is going: what waited goes first, one at a time, and everything else as ever, one at a time too. */
function oneAfterAnother(
  schedule: Overlapping,
  progress: Progress,
  { now, runs }: { readonly now: number; readonly runs: RunsGoing },
): Decision {
  const { compiled, overlap } = schedule
  const decision = decide(schedule, progress, now)
  const leading = endsOfHolds(decision)
  const oldest = compiled.next(Math.max(progress.cursor, leading.at(-1)?.nominal ?? 0))
  const waited = oldest !== null && compiled.dueOf(oldest) <= Math.min(runs.freeSince, now)
  if (waited && isFiring(decision)) {
    const first = onlyFirst(compiled, { leading, oldest, now })
    if (overlap.policy !== 'buffer-one') return first
    // One place to wait in: what came while it was taken is left out.
    const last = lastDueBy(compiled, oldest, Math.min(runs.freeSince, now))
    if (last === null) return first
    const settledCount = countFirings(compiled, oldest, last)
    const entries = [
      ...first.entries,
      { kind: 'marker', nominal: last, reason: 'overlap', settledCount } as const,
    ]
    return { ...first, entries, settledTo: last }
  }
  const fire = decision.entries.findIndex(({ kind }) => kind === 'fire')
  if (fire < 0 || fire === decision.entries.length - 1) return decision
  const entries = decision.entries.slice(0, fire + 1)
  return { ...decision, entries, settledTo: entries[fire]!.nominal, wakeAt: now, condition: null }
}

/** The markers at the beginning that end a suspension or a pause: what they settle is no longer waiting. */
function endsOfHolds({ entries }: Decision): readonly PlannedEntry[] {
  const end = entries.findIndex(
    ({ kind, reason }) => kind === 'fire' || reason === 'misfire' || reason === 'closed-now',
  )
  return end < 0 ? entries : entries.slice(0, end)
}

/** Whether nothing but its lateness keeps the schedule from firing: no suspension, no pause, no end of coverage. */
function isFiring({ condition, entries }: Decision): boolean {
  return condition === null || condition === 'held-until-open' || entries.length > 0
}

function onlyFirst(
  compiled: CompiledSchedule,
  given: { readonly leading: readonly PlannedEntry[]; readonly oldest: number; readonly now: number },
): Decision {
  const { leading, oldest, now } = given
  const asked = compiled.nextCandidate(oldest - 1)?.asked ?? null
  const fire = { kind: 'fire', nominal: oldest, reason: 'scheduled', asked, missedCount: null } as const
  return { entries: [...leading, fire], skipped: [], settledTo: oldest, wakeAt: now, condition: null }
}

/** The last time after `from` that is due by `by`; null if there is none. */
function lastDueBy(compiled: CompiledSchedule, from: number, by: number): number | null {
  let found: number | null = null
  for (let at = compiled.next(from); at !== null && at <= by; at = compiled.next(at)) {
    if (compiled.dueOf(at) <= by) found = at
  }
  return found
}

/** The oldest that wait beyond the cap; null while the buffer has room. */
function overfull(compiled: CompiledSchedule, from: number, now: number): PlannedEntry | null {
  const waiting: number[] = []
  for (let at = compiled.next(from); at !== null && compiled.dueOf(at) <= now; at = compiled.next(at)) {
    waiting.push(at)
  }
  const dropped = waiting.length - MOST_BUFFERED
  if (dropped <= 0) return null
  return { kind: 'marker', nominal: waiting[dropped - 1]!, reason: 'overlap', settledCount: dropped }
}
