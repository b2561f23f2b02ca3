import type { Data } from '../kinds.ts'
import type { FireId } from '../names.ts'

export const PLANNED_FORMAT = 1

/** A run that somebody asked for at an instant to come, as it is stored until it is fired or cancelled. */
export interface PlannedRun {
  readonly format: number
  /** The id that it will have. */
  readonly run: FireId
  /** Its nominal time, epoch milliseconds. */
  readonly at: number
  readonly kind: 'job' | 'schedule'
  readonly tenant: string
  readonly name: string
  readonly key: string
  readonly data: Data | null
  readonly force: boolean
  readonly author: string
}

/** The key of a planned run in its bucket: what its id says, in characters that a key may have. */
export function plannedKey(run: FireId): string {
  return run.replace('/', '.').replace('~', '.')
}

/** null: nothing that this version knows. */
export function parsePlannedRun(value: string): PlannedRun | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (parsed === null || typeof parsed !== 'object') return null
  const planned = parsed as Partial<PlannedRun>
  const isKnown = planned.format === PLANNED_FORMAT && Number.isInteger(planned.at)
  return isKnown && typeof planned.run === 'string' ? (planned as PlannedRun) : null
}
