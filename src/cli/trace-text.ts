import type { Position } from '../core/errors.ts'
import type { Occurrence, TraceStep } from '../core/schedule/occurrence.ts'
import { plain } from './problem-text.ts'

/** `calendars/nse.yaml:12`. */
export function placeText({ file, line }: Position): string {
  return `${file}:${line}`
}

/** A step as a sentence with its place. */
export function stepText({ text, position }: TraceStep): string {
  return plain(position === undefined ? text : `${text} (${placeText(position)})`)
}

const OUTCOMES = { fires: 'fires', skipped: 'skipped', held: 'held' } as const

/** The steps that decide: of a non-fire those that turned it down. */
function deciding({ outcome, trace }: Pick<Occurrence, 'outcome' | 'trace'>): readonly TraceStep[] {
  const beyond = trace.filter(({ step }) => step !== 'pattern' && step !== 'jitter')
  return outcome === 'fires' ? beyond : beyond.slice(-1)
}

/**
 * What is not plain from the time itself: `skipped: Republic Day (calendars/nse.yaml:12)`, how a fire was moved; empty
 * for a fire that is as usual.
 */
export function noteText(occurrence: Pick<Occurrence, 'outcome' | 'trace'>): string {
  const notes = deciding(occurrence).map((step) =>
    occurrence.outcome !== 'fires' && step.name !== undefined
      ? stepText({ ...step, text: step.name })
      : stepText(step),
  )
  if (occurrence.outcome === 'fires') return notes.join('; ')
  const why = notes.length === 0 ? '' : `: ${notes.join('; ')}`
  return `${OUTCOMES[occurrence.outcome]}${why}`
}
