import { type Problem, problem } from '../errors.ts'
import type { Expectation } from '../kinds.ts'
import type { Occurrence } from '../schedule/occurrence.ts'
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
  const occurrence = occurrenceAt(at, schedule)
  const asked = occurrence ?? movedFrom(at, schedule)
  const firing = occurrence?.outcome === 'fires'
  const found = asked === undefined ? nothingAt(at, schedule) : describe(asked, at, schedule)
  if (firing !== fires) return { expected: fires ? 'it fires' : 'it does not fire', found }
  if (because === undefined || fires) return undefined
  const reasons = asked?.trace.map(({ text }) => text.toLowerCase()) ?? []
  if (reasons.some((text) => text.includes(because.toLowerCase()))) return undefined
  return { expected: `it does not fire because of "${because}"`, found }
}

function occurrenceAt(at: number, { compiled }: CheckedSchedule): Occurrence | undefined {
  for (const occurrence of compiled.occurrences(at, at + 1)) return occurrence
  return undefined
}

/** The candidate that was asked for at this time and moved to another one, by `roll`, `offset` or a clock change. */
function movedFrom(at: number, { compiled, zone }: CheckedSchedule): Occurrence | undefined {
  const local = formatLocalSeconds(zone.localAt(at))
  for (const occurrence of compiled.occurrences(at - MOVED_WITHIN_MS, at + MOVED_WITHIN_MS)) {
    if (occurrence.asked === local) return occurrence
  }
  return undefined
}

function describe(occurrence: Occurrence, at: number, { zone }: CheckedSchedule): string {
  const reasons = occurrence.trace
    .filter(({ step }) => step !== 'pattern' && step !== 'jitter')
    .map(({ text }) => text)
    .join('; ')
  const because = reasons === '' ? '' : `: ${reasons}`
  if (occurrence.nominal !== at)
    return `it is moved to ${formatLocalSeconds(zone.localAt(occurrence.nominal))}${because}`
  if (occurrence.outcome === 'fires') return `it fires${because}`
  return occurrence.outcome === 'held' ? `nothing is decided${because}` : `it does not fire${because}`
}

function nothingAt(at: number, { compiled, zone }: CheckedSchedule): string {
  const next = compiled.next(at)
  const after = next === null ? 'none after it' : `the next fire is ${formatLocalSeconds(zone.localAt(next))}`
  return `no trigger asks for that time; ${after}`
}
