import { epochDayOf } from '../time/civil.ts'

/**
 * A set of days as bits, one for each day of the years that calendars are computed for. All sets lie on the same
 * grid, so calendars combine word by word, and a lookup is a shift and a mask. A set takes 14 kB.
 */
export type DaySet = Uint32Array

export const FIRST_YEAR = 1900
export const LAST_YEAR = 2200
/** 1900-01-01: no calendar decides anything before it. */
export const FIRST_CALENDAR_DAY = epochDayOf(FIRST_YEAR, 1, 1)
/** 2200-12-31: no calendar decides anything after it. */
export const LAST_CALENDAR_DAY = epochDayOf(LAST_YEAR, 12, 31)

const WORDS = ((LAST_CALENDAR_DAY - FIRST_CALENDAR_DAY) >> 5) + 1

export function noDays(): DaySet {
  return new Uint32Array(WORDS)
}

export function isCalendarDay(day: number): boolean {
  return day >= FIRST_CALENDAR_DAY && day <= LAST_CALENDAR_DAY
}

/** Days outside of the grid are in no set. */
export function hasDay(set: DaySet, day: number): boolean {
  const index = day - FIRST_CALENDAR_DAY
  return isCalendarDay(day) && ((set[index >> 5]! >>> (index & 31)) & 1) === 1
}

export function addDay(set: DaySet, day: number): void {
  if (!isCalendarDay(day)) return
  const index = day - FIRST_CALENDAR_DAY
  set[index >> 5]! |= 1 << (index & 31)
}

export function removeDay(set: DaySet, day: number): void {
  if (!isCalendarDay(day)) return
  const index = day - FIRST_CALENDAR_DAY
  set[index >> 5]! &= ~(1 << (index & 31))
}

/** Adds or removes all days from one to another, both included. */
export function setDays(set: DaySet, range: { from: number; to: number }, included: boolean): void {
  const to = Math.min(range.to, LAST_CALENDAR_DAY)
  for (let day = Math.max(range.from, FIRST_CALENDAR_DAY); day <= to; day++) {
    if (included) addDay(set, day)
    else removeDay(set, day)
  }
}

export function combineDays(sets: readonly DaySet[], combine: (a: number, b: number) => number): DaySet {
  const combined = sets[0]!.slice()
  for (const set of sets.slice(1)) {
    for (let word = 0; word < WORDS; word++) combined[word] = combine(combined[word]!, set[word]!)
  }
  return combined
}

export function complementDays(set: DaySet): DaySet {
  return set.map((word) => ~word)
}

/** The first day from `from` to `last`, both included, that is not in the set; null if there is none. */
export function nextDayOutside(set: DaySet, from: number, last: number): number | null {
  if (from > last) return null
  const index = from - FIRST_CALENDAR_DAY
  let word = index >> 5
  let outside = ~set[word]! & (-1 << (index & 31))
  const lastWord = (last - FIRST_CALENDAR_DAY) >> 5
  while (outside === 0) {
    word += 1
    if (word > lastWord) return null
    outside = ~set[word]!
  }
  const day = FIRST_CALENDAR_DAY + (word << 5) + 31 - Math.clz32(outside & -outside)
  return day <= last ? day : null
}

/** The last day from `first` to `from`, both included, that is not in the set; null if there is none. */
export function previousDayOutside(set: DaySet, from: number, first: number): number | null {
  if (from < first) return null
  const index = from - FIRST_CALENDAR_DAY
  let word = index >> 5
  let outside = ~set[word]! & (-1 >>> (31 - (index & 31)))
  const firstWord = (first - FIRST_CALENDAR_DAY) >> 5
  while (outside === 0) {
    word -= 1
    if (word < firstWord) return null
    outside = ~set[word]!
  }
  const day = FIRST_CALENDAR_DAY + (word << 5) + 31 - Math.clz32(outside)
  return day >= first ? day : null
}

/** What a calendar says of each day. Days before `first` and after `last` are uncovered, whatever the set says. */
export interface DayTable {
  readonly closed: DaySet
  readonly first: number
  readonly last: number
}
