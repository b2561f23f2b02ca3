import type { CompiledCalendar, DayReason, DayState } from '../calendar/compiled-calendar.ts'

/** One calendar's side of a day. */
export interface DaySide {
  readonly state: DayState
  /** Shortened by an early close or a late open, or with a session of its own. */
  readonly special: readonly ('early' | 'late' | 'session')[]
  readonly reason: DayReason | null
}

export interface DayDifference {
  /** Epoch day. */
  readonly day: number
  readonly first: DaySide
  readonly second: DaySide
}

/**
 * The days, both ends included, on which two calendars do not treat the day alike: open or closed, shortened or not. The
 * hours of usual days are not compared.
 */
export function* differingDays(
  first: CompiledCalendar,
  second: CompiledCalendar,
  { from, to }: { readonly from: number; readonly to: number },
): Generator<DayDifference, void, undefined> {
  for (let day = from; day <= to; day++) {
    const sides = [sideOf(first, day), sideOf(second, day)] as const
    if (keyOf(sides[0]) !== keyOf(sides[1])) yield { day, first: sides[0], second: sides[1] }
  }
}

function sideOf(calendar: CompiledCalendar, day: number): DaySide {
  const state = calendar.dayState(day)
  const { early, late } = calendar.isShortened(day)
  const reasons = calendar.why(day)
  const special = [
    ...(early ? (['early'] as const) : []),
    ...(late ? (['late'] as const) : []),
    ...(state === 'open' && reasons.some(({ kind }) => kind === 'session') ? (['session'] as const) : []),
  ]
  return { state, special, reason: reasons[0] ?? null }
}

function keyOf({ state, special }: DaySide): string {
  return [state, ...special].join(' ')
}
