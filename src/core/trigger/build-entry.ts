import type { CompiledTrigger } from './compiled-trigger.ts'
import type { PlannedEntry } from './decision.ts'
import type { LogEntry } from './log-entry.ts'

export interface EntryContext {
  readonly term: number
  /** Stored fires before this entry. */
  readonly count: number
  readonly tz: string
  /** How long the log keeps fires at least, seconds. */
  readonly retentionSeconds: number
}

/**
 * How much longer than the gap to the next nominal time an entry is kept: the schedule's last entry must still be
 * there when the next one is compared with it, also after an outage of a whole gap.
 */
const GAPS_KEPT = 3

/** The message for a planned fire or marker. */
export function buildEntry(trigger: CompiledTrigger, planned: PlannedEntry, context: EntryContext): LogEntry {
  const { key, revision, generation } = trigger
  const { nominal } = planned
  const next = trigger.compiled.next(nominal)
  const gapSeconds = next === null ? 0 : Math.ceil((next - nominal) / 1000)
  // As long as a missed time may be caught up, the log must know that it was not missed.
  const catchUpSeconds = Math.ceil(trigger.misfire.maxLatenessMs / 1000)
  const ttlSeconds = Math.max(context.retentionSeconds, GAPS_KEPT * gapSeconds, catchUpSeconds)
  if (planned.kind === 'marker') {
    const { reason, settledCount } = planned
    // A deleted schedule that comes back is a new one: its count begins anew.
    const count = reason === 'deleted' ? 0 : context.count
    const marker = {
      kind: 'marker',
      key,
      nominal,
      reason,
      count,
      term: context.term,
      revision,
      generation,
      ttlSeconds,
    } as const
    return settledCount === null ? marker : { ...marker, settledCount }
  }
  return {
    kind: 'fire',
    key,
    nominal,
    reason: planned.reason,
    count: context.count + 1,
    term: context.term,
    revision,
    generation,
    ttlSeconds,
    job: trigger.job,
    adapter: trigger.adapter,
    lane: trigger.lane,
    message: trigger.message,
    jobVersion: trigger.jobVersion,
    payload: trigger.payload,
    calendars: trigger.calendars,
    tz: context.tz,
    ...(trigger.policy === undefined ? {} : { policy: trigger.policy }),
    ...(planned.asked === null ? {} : { asked: planned.asked }),
    ...(planned.missedCount === null ? {} : { missedCount: planned.missedCount }),
  }
}
