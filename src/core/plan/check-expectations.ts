import { type Problem, problem } from '../errors.ts'
import type { Expectation } from '../kinds.ts'
import type { Occurrence, TraceStep } from '../schedule/occurrence.ts'
import { parseInstant } from '../time/instant.ts'
import { formatLocalSeconds } from '../time/local.ts'
import type { CheckedSchedule } from './compile-checked.ts'

/** A moved candidate is looked for this far on either side of the time that was asked for. */
const MOVED_WITHIN_MS = 40 * 86_400_000

/** The `expect` entries of a schedule that do not hold. Paths begin at the document. */
export function checkExpectations(schedule: CheckedSchedule): readonly Problem[] {
  return (schedule.spec.expect ?? []).flatMap((expectation, index) => {
    const at = parseInstant(expectation.at, schedule.zone)
    if (!at.ok) return []
    const failure = failureOf(expectation, at.value, schedule)
    if (failure === undefined) return []
    const path = ['spec', 'expect', index]
    return [
      problem('expectation-failed', `Expected of ${expectation.at}: ${failure.expected}`, {
        path,
        ...failure,
      }),
    ]
  })
}

interface Failure {
  readonly expected: string
  readonly found: string
}

function failureOf(
  { fires, because }: Expectation,
  at: number,
  schedule: CheckedSchedule,
): Failure | undefined {
  const local = formatLocalSeconds(schedule.zone.localAt(at))
  const occurrence = occurrenceAt(at, schedule)
  const moved = occurrence === undefined ? movedFrom(local, at, schedule) : undefined
  const steps = occurrence?.trace ?? (moved === undefined ? [] : stepsAfter(local, moved.trace))
  const reasons = steps.filter(({ step }) => step !== 'pattern' && step !== 'jitter').map(({ text }) => text)
  const found = [what(at, { occurrence, moved, schedule }), ...reasons].join('; ')
  if ((occurrence?.outcome === 'fires') !== fires)
    return { expected: fires ? 'it fires' : 'it does not fire', found }
  if (because === undefined || fires) return undefined
  const wanted = because.toLowerCase()
  if (reasons.some((text) => text.toLowerCase().includes(wanted))) return undefined
  return { expected: `it does not fire because of "${because}"`, found }
}

function occurrenceAt(at: number, { compiled }: CheckedSchedule): Occurrence | undefined {
  for (const occurrence of compiled.occurrences(at, at + 1)) return occurrence
  return undefined
}

/** The occurrence that a candidate asked for at this local time became, by `roll`, `offset` or a clock change. */
function movedFrom(local: string, at: number, { compiled }: CheckedSchedule): Occurrence | undefined {
  for (const occurrence of compiled.occurrences(at - MOVED_WITHIN_MS, at + MOVED_WITHIN_MS)) {
    // Asking for the trace of what was not moved would make every look expensive.
    if (occurrence.asked !== null && stepsAfter(local, occurrence.trace).length > 0) return occurrence
  }
  return undefined
}

/** Several candidates may have become one occurrence: the steps of the one that was asked for at this local time. */
function stepsAfter(local: string, trace: readonly TraceStep[]): readonly TraceStep[] {
  const start = trace.findIndex(({ step, text }) => step === 'pattern' && text.includes(local))
  if (start < 0) return []
  const length = trace.slice(start + 1).findIndex(({ step }) => step === 'pattern')
  return trace.slice(start, length < 0 ? undefined : start + 1 + length)
}

interface Found {
  readonly occurrence: Occurrence | undefined
  readonly moved: Occurrence | undefined
  readonly schedule: CheckedSchedule
}

function what(at: number, { occurrence, moved, schedule: { compiled, zone } }: Found): string {
  const local = (instant: number): string => formatLocalSeconds(zone.localAt(instant))
  if (occurrence?.outcome === 'fires') return 'it fires'
  if (occurrence !== undefined)
    return occurrence.outcome === 'held' ? 'nothing is decided' : 'it does not fire'
  if (moved !== undefined) return `it is moved to ${local(moved.nominal)}`
  const next = compiled.next(at)
  return `no trigger asks for that time; ${next === null ? 'none after it' : `the next fire is ${local(next)}`}`
}
