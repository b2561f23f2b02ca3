/**
 * Tells what the leader before has decided not to fire, and had no time to tell.
 *
 * Job: once in a term, compare the times that the manifests close, as far as the log settles them, with the audit trail,
 * and tell what is missing there. An event follows its decision by a moment; a leader that dies in that moment may have
 * stored the next fire already, and nobody decides anew what lies before an entry. Invariants: what is told already is
 * not told again; nothing here holds a fire up. On failure: tried again until it succeeds or the term ends; the next
 * term looks as far back.
 */
import type { Occurrence } from '../core/schedule/occurrence.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventSink, EventTrail, Logger, ToldRange } from '../ports/telemetry.ts'
import { notFired } from './decision-events.ts'
import { inSlices } from './in-slices.ts'
import { positionKey } from './log-positions.ts'

/** A schedule, and up to where the log settles it, epoch milliseconds. */
export interface Settled {
  readonly trigger: CompiledTrigger
  readonly settledTo: number
}

export interface UntoldOptions {
  readonly trail: EventTrail
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
  readonly settled: () => Iterable<Settled>
}

/** Longer than an event ever waits behind the fire that follows it, unless its stream refuses it. */
const BACK_MS = 600_000
const RETRY_MS = 1_000
const FLUSH_MS = 2_000

export async function tellUntold(options: UntoldOptions, signal: AbortSignal): Promise<void> {
  const { trail, events, clock, logger } = options
  while (!signal.aborted) {
    // What is decided from here on is told by this term itself.
    const settled = [...options.settled()]
    const since = clock.now() - BACK_MS
    try {
      await events.flush(FLUSH_MS)
      const told = bySchedule(await trail.notFiredSince(since))
      const count = await inSlices(tellAll(settled, { told, since, events }), { clock, signal })
      if (count !== null && count > 0)
        logger.info('what the leader before had no time to tell is told', { count })
      return
    } catch (error) {
      logger.debug('the audit trail cannot be read now', { error: String(error) })
      await clock.sleep(RETRY_MS, signal)
    }
  }
}

function bySchedule(ranges: readonly ToldRange[]): ReadonlyMap<string, readonly ToldRange[]> {
  const all = new Map<string, ToldRange[]>()
  for (const range of ranges) {
    const id = positionKey(range)
    const own = all.get(id)
    if (own === undefined) all.set(id, [range])
    else own.push(range)
  }
  return all
}

interface Telling {
  readonly told: ReadonlyMap<string, readonly ToldRange[]>
  readonly since: number
  readonly events: EventSink
}

function* tellAll(settled: readonly Settled[], { told, since, events }: Telling): Generator<void, number> {
  let count = 0
  for (const { trigger, settledTo } of settled) {
    const from = Math.max(trigger.activeFrom, since)
    for (const range of untoldOf(trigger, {
      from,
      to: settledTo,
      told: told.get(positionKey(trigger.key)),
    })) {
      events.emit({ type: 'not-fired', ...trigger.key, facts: notFired(range) })
      count += range.length
    }
    yield
  }
  return count
}

interface Span {
  /** (from, to], epoch milliseconds. */
  readonly from: number
  readonly to: number
  readonly told: readonly ToldRange[] | undefined
}

/** The closed times that nothing is told of, cut where something is: a range says that all in it did not fire. */
function* untoldOf(
  { compiled }: CompiledTrigger,
  { from, to, told = [] }: Span,
): Iterable<[Occurrence, ...Occurrence[]]> {
  let gathered: Occurrence[] = []
  for (const occurrence of to > from ? compiled.occurrences(from + 1, to + 1) : []) {
    if (occurrence.outcome !== 'skipped') continue
    const { nominal } = occurrence
    if (!told.some(({ first, last }) => first <= nominal && nominal <= last)) {
      gathered.push(occurrence)
      continue
    }
    if (isAny(gathered)) yield gathered
    gathered = []
  }
  if (isAny(gathered)) yield gathered
}

function isAny(items: Occurrence[]): items is [Occurrence, ...Occurrence[]] {
  return items.length > 0
}
