import { civilOf, formatDate, parseDate, twoDigits } from '../time/civil.ts'
import type { CompiledCalendar } from './compiled-calendar.ts'
import { escapeText, foldLine } from './ics-lines.ts'

export interface IcsExportOptions {
  /** First and last epoch day, both included. */
  readonly from: number
  readonly to: number
  /** When the text is made, in epoch milliseconds: the DTSTAMP that RFC 5545 asks for. */
  readonly madeAt: number
}

interface Closure {
  readonly name: string
  readonly rule: string | null
  readonly first: number
  readonly last: number
}

/**
 * The closed days of a calendar, plain weekends left out, as iCalendar text: an all-day event for each, and one for days
 * in a row of one rule and name. The same calendar gives the same UIDs, so that importing again updates.
 */
export function exportIcs(calendar: CompiledCalendar, options: IcsExportOptions): string {
  const stamp = `${new Date(options.madeAt).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//belfry//calendar//EN',
    'CALSCALE:GREGORIAN',
    `X-WR-CALNAME:${escapeText(calendar.name)}`,
    `X-WR-TIMEZONE:${escapeText(calendar.zone.name)}`,
  ]
  for (const closure of closures(calendar, options)) {
    lines.push(
      'BEGIN:VEVENT',
      `UID:${formatDate(closure.first)}-${closure.rule ?? 'closed'}@${calendar.name}.belfry`,
      `DTSTAMP:${stamp}`,
      `DTSTART;VALUE=DATE:${basicDate(closure.first)}`,
      `DTEND;VALUE=DATE:${basicDate(closure.last + 1)}`,
      `SUMMARY:${escapeText(closure.name)}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    )
  }
  return [...lines, 'END:VCALENDAR', ''].map(foldLine).join('\r\n')
}

function closures(calendar: CompiledCalendar, { from, to }: IcsExportOptions): readonly Closure[] {
  const found: Closure[] = []
  for (const { date, kind, name, rule } of calendar.days(from, to)) {
    const day = parseDate(date)
    // A day that is open all the same, for a dated session, is no closure to others.
    if (kind !== 'closed' || day === null || !calendar.isClosed(day)) continue
    const before = found.at(-1)
    if (before !== undefined && before.last + 1 === day && before.rule === rule && before.name === name) {
      found[found.length - 1] = { ...before, last: day }
    } else {
      found.push({ name, rule, first: day, last: day })
    }
  }
  return found
}

function basicDate(day: number): string {
  const { year, month, day: dayOfMonth } = civilOf(day)
  return `${String(year).padStart(4, '0')}${twoDigits(month)}${twoDigits(dayOfMonth)}`
}
