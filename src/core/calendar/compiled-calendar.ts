import type { Position } from '../errors.ts'
import type { Zone } from '../time/zone.ts'
import type { DayTable } from './day-set.ts'
import type { CalendarDefinition, Coverage } from './definition.ts'

/** `uncovered`: the calendar does not know, because the day lies outside of its coverage. */
export type DayState = 'open' | 'closed' | 'uncovered'

/** Half-open: `open <= t < close`, in milliseconds since the epoch. */
export interface TimeInterval {
  readonly open: number
  readonly close: number
}

/** One session: it opens once and closes once, and is divided into intervals by its breaks. */
export interface Session extends TimeInterval {
  /** `early` also when it opens late as well; `special` is a dated one. */
  readonly kind: 'regular' | 'early' | 'late' | 'special'
  /** Of a dated session, or of the rule that shortens it. */
  readonly name?: string
  readonly intervals: readonly TimeInterval[]
}

export interface DayReason {
  readonly kind:
    | 'weekend'
    | 'rule'
    | 'date'
    | 'session'
    | 'early-close'
    | 'late-open'
    | 'coverage'
    | 'composite'
  readonly name: string
  /** The id of the rule, where one decides. */
  readonly rule: string | null
  /** The calendar in which it is written. */
  readonly calendar: string
  /** Of an early close or late open: `HH:MM`. */
  readonly time?: string
  readonly position?: Position
}

/** One stretch of a blackout. */
export interface Blackout {
  readonly name: string
  readonly calendar: string
  readonly position?: Position
}

/** One entry of the list of days that are not as usual. Times are `HH:MM` in the zone of the calendar named. */
export interface CalendarDay {
  /** `YYYY-MM-DD`. */
  readonly date: string
  readonly kind: 'closed' | 'early' | 'late' | 'session'
  readonly name: string
  readonly rule: string | null
  readonly calendar: string
  readonly open?: string
  readonly close?: string
}

/**
 * A calendar ready to be asked: frozen, without clock or memory, shared by all schedules that name it. Days are epoch
 * days; nothing is decided before 1900 or after 2200.
 */
export interface CompiledCalendar {
  readonly name: string
  readonly zone: Zone
  readonly coverage: Coverage
  /** How many calendars deep it is combined: 1 for rules of its own. */
  readonly depth: number
  /** The rules, for calendars that extend this one; null for a combined calendar, which has none. */
  readonly definition: CalendarDefinition | null
  /** The days as bits, for calendars that combine this one. Not to be written to. */
  readonly table: DayTable
  /** Whether it can have sessions at all: it has hours, or dated sessions with times of their own. */
  readonly hasSessions: boolean
  dayState(day: number): DayState
  /** True for a closed day, false for an open or uncovered one. */
  isClosed(day: number): boolean
  /** Whether the day has an early close or a late open in effect. */
  isShortened(day: number): { readonly early: boolean; readonly late: boolean }
  /** In order; empty on days without one and in calendars without hours. */
  sessionsOn(day: number): readonly Session[]
  /** Everything that has a say, the deciding reason first. Empty for a usual open day. */
  why(day: number): readonly DayReason[]
  blackoutAt(instantMs: number): Blackout | null
  /** The first instant at or after this one that no blackout holds; null if there is none within 400 days. */
  blackoutEnd(instantMs: number): number | null
  /** Strictly after; null where coverage ends first. */
  nextBusinessDay(day: number): number | null
  /** Strictly before; null where coverage ends first. */
  previousBusinessDay(day: number): number | null
  /**
   * The nth business day after (before, if negative) a day, which itself never counts; the day itself for 0. Null
   * where coverage ends first.
   */
  addBusinessDays(day: number, count: number): number | null
  /** The open days from one day to another, both included, as far as they are covered. */
  businessDaysIn(from: number, to: number): Iterable<number>
  /**
   * The nth open day of the days `from` to `to`, both included; from the end if `nth` is negative. `none`: there are
   * fewer. `uncovered`: coverage ends before that can be told.
   */
  nthBusinessDay(from: number, to: number, nth: number): number | 'none' | 'uncovered'
  /**
   * The days from one to another, both included, that are closed by more than their weekend, are shortened, or have a
   * dated session, in order. A closed day with a dated session has an entry for both. Uncovered days have none.
   */
  days(from: number, to: number): Iterable<CalendarDay>
}
