/**
 * What the store keeps of the operator's will over one target (docs/spec/wire.md, "Operator pauses"): the pause that
 * holds, and those that have ended while some schedule has not settled what they held back.
 */
import { err, ok, type Result } from '../result.ts'
import type { CompiledTrigger } from './compiled-trigger.ts'
import { PAUSE_MISSED, type Pause, type PauseMissed, samePauses } from './pause.ts'
import type { PauseTarget } from './pause-target.ts'

export const OVERRIDE_FORMAT = 1
/** Ended pauses that a record keeps; of more the oldest go, and their schedules' misfire policy decides. */
const ENDED_KEPT = 100

/** Instants are epoch milliseconds. */
export interface OperatorPause {
  readonly by: string
  readonly reason: string
  readonly at: number
  /** The first moment that is not paused any more; null: until it is resumed. */
  readonly until: number | null
  readonly missed: PauseMissed
}

export interface Override {
  readonly format: number
  readonly pause: OperatorPause | null
  /** Oldest first. */
  readonly ended: readonly Pause[]
}

export const NO_OVERRIDE: Override = { format: OVERRIDE_FORMAT, pause: null, ended: [] }

export function overrideKey(target: PauseTarget): string {
  if (target.kind === 'everything') return target.kind
  if (target.kind === 'tenant') return `tenant.${target.tenant}`
  return `${target.kind}.${target.tenant}.${target.name}`
}

/** Whether a pause of the target stops the firing of this schedule. A pause of an adapter stops delivery alone. */
export function stops(
  target: PauseTarget,
  { key, job }: { readonly key: CompiledTrigger['key']; readonly job: string },
): boolean {
  switch (target.kind) {
    case 'everything':
      return true
    case 'tenant':
      return target.tenant === key.tenant
    case 'schedule':
      return target.tenant === key.tenant && target.name === key.schedule
    case 'job':
      return target.tenant === key.tenant && target.name === job
    case 'adapter':
      return false
  }
}

/** The pause that holds at `now`: one whose time is over holds no more, whether or not that is recorded yet. */
export function holdingPause({ pause }: Override, now: number): OperatorPause | null {
  return pause !== null && (pause.until === null || pause.until > now) ? pause : null
}

/** Everything of the record that bears on decisions. */
export function pausesOf({ pause, ended }: Override): readonly Pause[] {
  return pause === null ? ended : [...ended, { from: pause.at, until: pause.until, missed: pause.missed }]
}

/** The record with its pause among the ended ones, if its time is over at `now`; the same record otherwise. */
export function expired(override: Override, now: number): Override {
  const { pause, ended } = override
  if (pause === null || pause.until === null || pause.until > now) return override
  return { ...override, pause: null, ended: kept(ended, pause, pause.until) }
}

/** The record paused, or with its pause changed: since when it is paused stays as it is. */
export function paused(override: Override, wanted: Omit<OperatorPause, 'at'>, now: number): Override {
  const current = expired(override, now)
  const { by, reason, until, missed } = wanted
  return { ...current, pause: { by, reason, at: current.pause?.at ?? now, until, missed } }
}

/** The record with its pause ended at `now`. */
export function ended(override: Override, missed: PauseMissed | null, now: number): Override {
  const current = expired(override, now)
  const { pause } = current
  if (pause === null) return current
  // It is over now, also where a clock that was ahead said that it began later.
  const at = Math.min(pause.at, now - 1)
  const last = { ...pause, at, missed: missed ?? pause.missed }
  return { ...current, pause: null, ended: kept(current.ended, last, now) }
}

/** The record without the ended pauses that everybody has settled, `settledTo` being the least of all cursors. */
export function settled(override: Override, settledTo: number): Override {
  const open = override.ended.filter(({ until }) => until === null || until - 1 > settledTo)
  return open.length === override.ended.length ? override : { ...override, ended: open }
}

/** The record of a schedule that goes on for another one: what was over that one is over it as well, as long as it holds there. */
export function carriedOver(from: Override, onto: Override): Override {
  const pause = onto.pause === null ? from.pause : longer(onto.pause, from.pause)
  const others = from.ended.filter((each) => !onto.ended.some((known) => samePauses([known], [each])))
  const ended = [...onto.ended, ...others].sort((a, b) => a.from - b.from).slice(-ENDED_KEPT)
  return { ...onto, pause, ended }
}

function longer(a: OperatorPause, b: OperatorPause | null): OperatorPause {
  if (b === null) return a
  const end = ({ until }: OperatorPause): number => until ?? Number.POSITIVE_INFINITY
  return end(b) > end(a) ? b : a
}

export function isEmpty({ pause, ended }: Override): boolean {
  return pause === null && ended.length === 0
}

function kept(ended: readonly Pause[], { at, missed }: OperatorPause, until: number): readonly Pause[] {
  return [...ended, { from: at, until, missed }].slice(-ENDED_KEPT)
}

/** Reads what the store holds, whoever wrote it; an error says what is wrong. */
export function parseOverride(text: string): Result<Override, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return err(`it is not JSON: ${String(error)}`)
  }
  const { format, pause, ended } = (value ?? {}) as Partial<Override>
  if (format !== OVERRIDE_FORMAT)
    return err(`its format is ${JSON.stringify(format)}, not ${OVERRIDE_FORMAT}`)
  if (pause !== null && !isOperatorPause(pause)) return err('its pause lacks a field')
  if (!Array.isArray(ended) || !ended.every(isEndedPause)) return err('its ended pauses are none')
  return ok({ format, pause, ended })
}

function isOperatorPause(value: unknown): value is OperatorPause {
  const { by, reason, at, until, missed } = (value ?? {}) as Partial<OperatorPause>
  return (
    typeof by === 'string' &&
    typeof reason === 'string' &&
    isInstant(at) &&
    (until === null || isInstant(until)) &&
    isMissed(missed)
  )
}

function isEndedPause(value: unknown): value is Pause {
  const { from, until, missed } = (value ?? {}) as Partial<Pause>
  return isInstant(from) && isInstant(until) && isMissed(missed)
}

function isMissed(value: unknown): value is PauseMissed {
  return PAUSE_MISSED.some((each) => each === value)
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
