/**
 * A second opinion on cron: written from the documents alone, by the most naive means, sharing no code with the
 * engine. It asks of each second whether it matches.
 */
export interface SlowCron {
  /** `local` is the wall reading as seconds since 1970-01-01T00:00. */
  matches(local: number): boolean
  matchesDay(year: number, month: number, day: number): boolean
  readonly wildcard: boolean
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ')

export function slowCron(expression: string, dialect: 'unix' | 'quartz' = 'unix'): SlowCron {
  const texts = expression.toUpperCase().split(' ')
  if (dialect === 'unix' && texts.length === 5) texts.unshift('-')
  const [second, minute, hour, monthDay, month, weekday, year] = texts as [
    string,
    string,
    string,
    string,
    string,
    string,
    string?,
  ]
  const sunday = dialect === 'quartz' ? 1 : 0

  const seconds = second === '-' ? [0] : listOf(second, 0, 59)
  const minutes = listOf(minute, 0, 59)
  const hours = listOf(hour, 0, 23)
  const months = listOf(month, 1, 12, MONTHS)
  const years = year === undefined || year === '*' ? undefined : new Set(listOf(year, 1970, 2099))
  const monthDays = new Set(listOf(monthDay, 1, 31))
  const weekdays = new Set(listOf(weekday, sunday, sunday + 6, WEEKDAYS).map((value) => (value - sunday) % 7))
  const monthDayStars = monthDay.startsWith('*') || monthDay === '?'
  const weekdayStars = weekday.startsWith('*') || weekday === '?'
  const days = new Map<number, boolean>()

  function inMonthDays(y: number, m: number, d: number): boolean {
    if (monthDays.has(d)) return true
    const last = lengthOf(y, m)
    return monthDay.split(',').some((part) => {
      const [, lastText, before, nearLast, near] = /^(?:(L)(?:-(\d+))?(W?)|(\d+)W)$/.exec(part) ?? []
      if (near !== undefined) return d === nearestWeekday(y, m, Number(near))
      if (lastText === undefined) return false
      const target = last - Number(before ?? 0)
      return d === (nearLast === 'W' ? nearestWeekday(y, m, target) : target)
    })
  }

  function inWeekdays(y: number, m: number, d: number): boolean {
    const actual = weekdayOf(y, m, d)
    if (weekdays.has(actual)) return true
    return weekday.split(',').some((part) => {
      if (part === 'L') return dialect === 'quartz' && actual === 6
      const [, name, nth] = /^(\w+?)(?:#(\d)|L)$/.exec(part) ?? []
      if (name === undefined) return false
      const wanted = WEEKDAYS.includes(name) ? WEEKDAYS.indexOf(name) : (Number(name) - sunday) % 7
      if (wanted !== actual) return false
      return nth === undefined ? d + 7 > lengthOf(y, m) : Math.ceil(d / 7) === Number(nth)
    })
  }

  function matchesDay(y: number, m: number, d: number): boolean {
    if (!months.includes(m) || (years !== undefined && !years.has(y))) return false
    const either = !monthDayStars && !weekdayStars
    return either ? inMonthDays(y, m, d) || inWeekdays(y, m, d) : inMonthDays(y, m, d) && inWeekdays(y, m, d)
  }

  const secondSet = flags(seconds)
  const minuteSet = flags(minutes)
  const hourSet = flags(hours)
  return {
    matches(local) {
      const time = ((local % 86_400) + 86_400) % 86_400
      if (!secondSet[time % 60]) return false
      if (!minuteSet[Math.floor(time / 60) % 60]) return false
      if (!hourSet[Math.floor(time / 3600)]) return false
      const day = Math.floor(local / 86_400)
      let matches = days.get(day)
      if (matches === undefined) {
        const date = new Date(day * 86_400_000)
        matches = matchesDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())
        days.set(day, matches)
      }
      return matches
    },
    matchesDay,
    wildcard: [
      [second, 59],
      [minute, 59],
      [hour, 23],
    ].some(([text, max]) =>
      String(text)
        .split(',')
        .some((part) => new RegExp(`^(\\*|0-${max})(/\\d+)?$|^0/\\d+$|^/\\d+$`).test(part)),
    ),
  }
}

function flags(values: readonly number[]): readonly boolean[] {
  return Array.from({ length: 60 }, (_, value) => values.includes(value))
}

/** The plain values of a field, one by one; entries like L are left to the day rules. */
function listOf(text: string, min: number, max: number, names: readonly string[] = []): number[] {
  const values: number[] = []
  const numberOf = (word: string) => (names.includes(word) ? names.indexOf(word) + min : Number(word))
  for (const part of text.split(',')) {
    const match = /^(\*|\?|\w+(?:-\w+)?|)(?:\/(\d+))?$/.exec(part)
    const special = /^(L|L-\d+W?|LW|\d+W|\w+L)$/.test(part) && !names.includes(part)
    if (match === null || special) continue
    const [, range = '', step] = match
    const [fromText = '', toText] = range.split('-')
    const whole = range === '*' || range === '?' || range === ''
    const from = whole ? min : numberOf(fromText)
    const to = whole || (toText === undefined && step !== undefined) ? max : numberOf(toText ?? fromText)
    let value = from
    for (let count = 0; ; count++) {
      if (count % Number(step ?? 1) === 0) values.push(value)
      // Sunday has two numbers, 0 and 7, so 5-7 ends at 7 and 7-2 goes on at 1.
      if (value === to || (value > max && value - 7 === to)) break
      value = value >= max && value !== to - 1 ? min + (value - max) : value + 1
    }
  }
  return values
}

export function weekdayOf(year: number, month: number, day: number): number {
  return utcDate(year, month, day).getUTCDay()
}

function lengthOf(year: number, month: number): number {
  return utcDate(year, month + 1, 0).getUTCDate()
}

/** `Date.UTC` reads the years 0 to 99 as 1900 to 1999. */
function utcDate(year: number, month: number, day: number): Date {
  const date = new Date(Date.UTC(2000, 0, 1))
  date.setUTCFullYear(year, month - 1, day)
  return date
}

/** The weekday (Monday to Friday) nearest to a date in its month; 0 if the month has no such date. */
function nearestWeekday(year: number, month: number, day: number): number {
  const last = lengthOf(year, month)
  if (day < 1 || day > last) return 0
  for (const distance of [0, -1, 1, -2, 2]) {
    const candidate = day + distance
    if (candidate < 1 || candidate > last) continue
    const weekday = weekdayOf(year, month, candidate)
    if (weekday >= 1 && weekday <= 5) return candidate
  }
  return 0
}
