import { type Problem, problem } from '../errors.ts'
import type { Expectation } from '../kinds.ts'
import type { Explained } from '../schedule/compiled-schedule.ts'
import type { TraceStep } from '../schedule/occurrence.ts'
import { parseInstant } from '../time/instant.ts'
import { epochDayOfLocal, formatLocalSeconds, parseLocal } from '../time/local.ts'
import type { CheckedSchedule } from './compile-checked.ts'

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

type Candidate = Pick<Explained, 'nominal' | 'outcome' | 'trace'>

interface Failure {
  readonly expected: string
  readonly found: string
}

function failureOf(
  { at: written, fires, because }: Expectation,
  at: number,
  schedule: CheckedSchedule,
): Failure | undefined {
  // A local time that clocks skip reads otherwise as an instant, and may be asked for all the same.
  const local = formatLocalSeconds(parseLocal(written) ?? schedule.zone.localAt(at))
  const candidate = candidateAt(at, local, schedule)
  const there = candidate?.nominal === at
  const steps = candidate === undefined ? [] : there ? candidate.trace : stepsAfter(local, candidate.trace)
  const reasons = steps.filter(({ step }) => step !== 'pattern' && step !== 'jitter').map(({ text }) => text)
  const found = [what(at, candidate, schedule), ...reasons].join('; ')
  if ((there && candidate.outcome === 'fires') !== fires)
    return { expected: fires ? 'it fires' : 'it does not fire', found }
  if (because === undefined || fires) return undefined
  const wanted = because.toLowerCase()
  if (reasons.some((text) => text.toLowerCase().includes(wanted))) return undefined
  return { expected: `it does not fire because of "${because}"`, found }
}

/** What is at the instant, else what was asked for at the local time and moved by `roll`, `offset` or a clock change. */
function candidateAt(at: number, local: string, { compiled, zone }: CheckedSchedule): Candidate | undefined {
  const there = compiled.nextCandidate(at - 1)
  if (there?.nominal === at) return there
  let asked: Candidate | undefined
  for (const each of compiled.on(epochDayOfLocal(zone.localAt(at)))) {
    if (each.nominal === at) return each
    if (stepsAfter(local, each.trace).length > 0) asked ??= each
  }
  return asked
}

/** Several candidates may have become one occurrence: the steps of the one that was asked for at this local time. */
function stepsAfter(local: string, trace: readonly TraceStep[]): readonly TraceStep[] {
  const start = trace.findIndex(({ step, text }) => step === 'pattern' && text.includes(local))
  if (start < 0) return []
  const length = trace.slice(start + 1).findIndex(({ step }) => step === 'pattern')
  return trace.slice(start, length < 0 ? undefined : start + 1 + length)
}

function what(at: number, candidate: Candidate | undefined, { compiled, zone }: CheckedSchedule): string {
  const local = (instant: number): string => formatLocalSeconds(zone.localAt(instant))
  if (candidate === undefined) {
    const next = compiled.next(at)
    return `no trigger asks for that time; ${next === null ? 'none after it' : `the next fire is ${local(next)}`}`
  }
  const { nominal, outcome } = candidate
  if (nominal !== null && nominal !== at) return `it is moved to ${local(nominal)}`
  if (outcome === 'fires') return 'it fires'
  return outcome === 'held' ? 'nothing is decided' : 'it does not fire'
}
