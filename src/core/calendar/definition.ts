import type { Path, Position } from '../errors.ts'
import type { CalendarAfterEnd, CalendarSubstituteGives } from '../kinds.ts'
import type { Zone } from '../time/zone.ts'
import type { Equinox } from './equinox.ts'

/** Where things of a manifest stand in its file, so that `why` can name rule, file and line. */
export interface CalendarOrigin {
  locate(path: Path): Position | undefined
}

/** The manifest that a part comes from; parts keep theirs when another calendar extends it. */
export interface Written {
  readonly calendar: string
  readonly path: Path
  readonly origin: CalendarOrigin | undefined
}

export function positionOf(written: Written): Position | undefined {
  return written.origin?.locate(written.path)
}

export interface Coverage {
  /** First and last epoch day covered; null for no limit but that of all calendars, 1900 to 2200. */
  readonly from: number | null
  readonly to: number | null
  readonly afterEnd: CalendarAfterEnd
}

/** Epoch days, both included. */
export interface DayRange {
  readonly from: number
  readonly to: number
}

/** Which days a rule means, before all modifiers. Months count from 1, weekdays from 0, Sunday. */
export type RuleDays =
  | { readonly kind: 'date'; readonly month: number; readonly day: number }
  | {
      readonly kind: 'nth-weekday'
      readonly months: readonly number[]
      readonly weekday: number
      readonly nth: number
    }
  | {
      readonly kind: 'weekday-near'
      readonly weekday: number
      readonly month: number
      readonly day: number
      readonly direction: 1 | -1
    }
  | { readonly kind: 'easter'; readonly church: 'western' | 'orthodox'; readonly offset: number }
  | { readonly kind: 'equinox'; readonly equinox: Equinox }
  | { readonly kind: 'offset'; readonly base: string; readonly offset: number }
  | { readonly kind: 'business-days'; readonly base: string; readonly count: number }
  | { readonly kind: 'dates'; readonly names: ReadonlyMap<number, string | null> }
  | { readonly kind: 'range'; readonly range: DayRange }

export type Observed =
  /** Days to move by, by weekday. */
  | { readonly kind: 'shift'; readonly byWeekday: readonly number[] }
  | { readonly kind: 'business-day'; readonly direction: 1 | -1 }

export interface Rule {
  readonly id: string
  readonly name: string
  readonly written: Written
  readonly days: RuleDays
  /** Asked of the planned day. */
  readonly period: DayRange
  /** One bit for each weekday on which the planned day may fall, Sunday the lowest. */
  readonly only: number
  /** Planned days on which the rule does not hold, with where that is written. */
  readonly except: ReadonlyMap<number, Path>
  /** From planned to actual days. */
  readonly moves: ReadonlyMap<number, { readonly to: number; readonly path: Path }>
  readonly observed: Observed | null
  /** Counts as a holiday for substitutes and sandwiches. */
  readonly public: boolean
  /** Seconds of the day; with one of both the rule shortens days instead of closing them. */
  readonly close: number | null
  readonly open: number | null
  /** Taken out by a calendar that extends this one: closes nothing, but other rules may still count from it. */
  readonly disabled: boolean
}

/** Whether a rule shortens days instead of closing them. */
export function shortens(rule: Rule): boolean {
  return rule.close !== null || rule.open !== null
}

export interface WeekendPeriod {
  readonly weekdays: number
  readonly period: DayRange
}

/** Times of one day, in seconds since its 00:00. */
export interface DayHours {
  readonly open: number
  readonly close: number
  readonly breaks: readonly { readonly from: number; readonly to: number }[]
}

export interface HoursPeriod {
  readonly hours: DayHours
  readonly weekdays: number
  readonly period: DayRange
}

export interface DatedSession {
  readonly day: number
  readonly name: string | null
  /** Null: the regular hours. */
  readonly hours: DayHours | null
  readonly opensDay: boolean
  readonly written: Written
}

export interface BlackoutRule {
  readonly name: string
  readonly weekdays: number
  /** Seconds of the day; `to` lies beyond 86400 if it is a time of the next day. */
  readonly from: number
  readonly to: number
  /** The days on which it begins. */
  readonly period: DayRange
  readonly written: Written
}

export interface Substitute {
  readonly weekdays: number
  readonly gives: CalendarSubstituteGives
  readonly name: string | null
  readonly period: DayRange
}

export interface Sandwich {
  readonly name: string
  readonly period: DayRange
  readonly written: Written
}

/** A calendar with rules, read and checked: what it says, not yet which days that are. */
export interface CalendarDefinition {
  readonly name: string
  readonly zone: Zone
  readonly weekend: readonly WeekendPeriod[]
  readonly weekendWritten: Written
  readonly hours: readonly HoursPeriod[]
  readonly coverage: Coverage
  readonly coverageWritten: Written
  readonly rules: readonly Rule[]
  readonly substitutes: readonly Substitute[]
  readonly sandwich: Sandwich | null
  readonly sessions: readonly DatedSession[]
  readonly blackouts: readonly BlackoutRule[]
}
