/**
 * Turns what the trigger loop decides into events for the audit trail: what did not fire and why, what was missed, what
 * holds a schedule back. One event for all that one decision leaves out, so that a closed day of an every-second
 * schedule is a line a minute and not one a second.
 */

import type { NotFired } from '../core/events.ts'
import type { Occurrence } from '../core/schedule/occurrence.ts'
import { formatInstant } from '../core/time/instant.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { PlannedEntry } from '../core/trigger/decision.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'
import type { LoopObserver } from './slot-decisions.ts'

export function decisionEvents(events: EventSink, logger: Logger): LoopObserver {
  return {
    onDecision({ key }, decision) {
      const [first, ...others] = decision.skipped
      if (first !== undefined) events.emit({ type: 'not-fired', ...key, facts: notFired([first, ...others]) })
      for (const entry of decision.entries) {
        if (!isMiss(entry)) continue
        const { nominal, reason } = entry
        const count = entry.kind === 'fire' ? entry.missedCount : entry.settledCount
        const outcome = entry.kind === 'fire' ? 'fired late' : 'not fired'
        events.emit({
          type: 'missed',
          ...key,
          facts: { upTo: formatInstant(nominal), reason, count, outcome },
        })
      }
    },
    onCondition(trigger, { condition, settledTo }, before) {
      if (condition === 'out-of-coverage') {
        const facts = heldFacts(trigger, settledTo)
        events.emit({ type: 'out-of-coverage', ...trigger.key, facts })
        logger.error('a schedule is held: its calendar does not cover what comes next', {
          ...trigger.key,
          ...facts,
        })
      } else if (condition === 'suspended') {
        events.emit({ type: 'suspended', ...trigger.key, facts: {} })
        // A pause is told once, for all that it is over; a wait for a place comes with every other fire.
      } else if (condition === null && before !== 'paused' && before !== 'rate-limited') {
        events.emit({ type: 'resumed', ...trigger.key, facts: {} })
      }
    },
    onFailure({ key }, error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      logger.error('a schedule cannot be decided: the others go on', { ...key, error: text })
      const facts = { ...key, error: error instanceof Error ? error.message : text }
      events.emit({ type: 'alarm', name: 'schedule-failed', facts })
    },
  }
}

/** What is told of times that did not fire. */
export function notFired(skipped: readonly [Occurrence, ...Occurrence[]]): NotFired {
  const [first] = skipped
  return {
    first: formatInstant(first.nominal),
    last: formatInstant((skipped.at(-1) ?? first).nominal),
    count: skipped.length,
    because: first.trace.map(({ text }) => text),
  }
}

function isMiss(entry: PlannedEntry): boolean {
  return entry.reason === 'misfire' || entry.reason === 'closed-now' || entry.reason === 'resumed'
}

function heldFacts({ compiled }: CompiledTrigger, settledTo: number): Readonly<Record<string, string>> {
  const held = compiled.nextCandidate(settledTo)
  return held === null ? {} : { because: held.trace.map(({ text }) => text).join('; ') }
}
