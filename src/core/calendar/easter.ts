import { epochDayOf } from '../time/civil.ts'

/**
 * The epoch day of Easter Sunday of the western churches in a year of the Gregorian calendar.
 * Source: the Meeus/Jones/Butcher algorithm, J. Meeus, Astronomical Algorithms, 2nd edition, chapter 8.
 */
export function westernEaster(year: number): number {
  const golden = year % 19
  const century = Math.floor(year / 100)
  const yearOfCentury = year % 100
  const centuryLeaps = Math.floor(century / 4)
  const moonCorrection = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * golden + century - centuryLeaps - moonCorrection + 15) % 30
  const weekdayShift =
    (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - epact - (yearOfCentury % 4)) % 7
  const lateMoon = Math.floor((golden + 11 * epact + 22 * weekdayShift) / 451)
  const fromMarch = epact + weekdayShift - 7 * lateMoon + 114
  return epochDayOf(year, Math.floor(fromMarch / 31), (fromMarch % 31) + 1)
}

/** Julian day number of 1970-01-01. */
const EPOCH_JULIAN_DAY = 2_440_588

/**
 * The epoch day of Easter Sunday of the orthodox churches, which is reckoned in the Julian calendar.
 * Source: J. Meeus, Astronomical Algorithms, 2nd edition, chapter 8.
 */
export function orthodoxEaster(year: number): number {
  const moon = (19 * (year % 19) + 15) % 30
  const weekdayShift = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
  const fromMarch = moon + weekdayShift + 114
  const month = Math.floor(fromMarch / 31)
  const day = (fromMarch % 31) + 1
  // Months counted from March of year -4800, so that the leap day is the last one (Julian day of a Julian date).
  const years = year + 4800
  const months = Math.floor((153 * (month - 3) + 2) / 5)
  return day + months + 365 * years + Math.floor(years / 4) - 32_083 - EPOCH_JULIAN_DAY
}
