import { type Problem, problem } from '../errors.ts'
import type { CalendarManifest, CalendarRule } from '../kinds.ts'
import { err, ok, type Result } from '../result.ts'
import { formatDate, yearOf } from '../time/civil.ts'
import { zoneOf } from '../time/zone.ts'
import { compileCalendar } from './compile.ts'
import { FIRST_CALENDAR_DAY, LAST_CALENDAR_DAY } from './day-set.ts'
import { type AllDayEvent, allDayEvent } from './ics-events.ts'
import { type IcsComponent, parseComponents, unescapeText } from './ics-lines.ts'
import { recurringDays } from './ics-recurrence.ts'

export interface IcsImportOptions {
  /** The calendar's name. */
  readonly name: string
  /** Its zone; the one that the file names (X-WR-TIMEZONE) if left out. */
  readonly timezone?: string
}

/** Something of the file that the manifest does not have. */
export interface NotCarried {
  /** Of the file, counted from 1; 0 if it is about no single one. */
  readonly line: number
  readonly summary: string
  /** A sentence without its full stop. */
  readonly reason: string
}

export interface IcsImport {
  readonly manifest: CalendarManifest
  readonly notCarried: readonly NotCarried[]
}

/** What the schema lets a calendar have. */
const MAX_RULES = 10_000

/**
 * A Calendar from an iCalendar text: its all-day events become closed days. Single days become `dates`, several days a
 * `range`, yearly ones rules where a rule can express them. What cannot be carried over is listed, never dropped
 * silently. The calendar has the default weekend and no hours, and is covered for the whole years that its dates span.
 */
export function importIcs(text: string, options: IcsImportOptions): Result<IcsImport, Problem[]> {
  const components = parseComponents(text)
  if (!components.ok) return components
  const calendars = components.value.filter(({ name }) => name === 'VCALENDAR')
  const [calendar] = calendars
  if (calendar === undefined) {
    return err([
      problem('invalid-ics', 'the file has no VCALENDAR', { expected: 'iCalendar text (RFC 5545)' }),
    ])
  }
  const timezone = options.timezone ?? textOf(calendar, 'X-WR-TIMEZONE')
  if (timezone === null) {
    return err([problem('missing-timezone', 'the file does not name its time zone', { cure: 'Name it.' })])
  }
  const zone = zoneOf(timezone)
  if (!zone.ok) return err([zone.error])

  const notCarried: NotCarried[] = []
  const events: AllDayEvent[] = []
  for (const component of calendars.flatMap((each) => each.components)) {
    if (component.name === 'VTIMEZONE') continue
    const summary = textOf(component, 'SUMMARY') ?? component.name
    const event = component.name === 'VEVENT' ? allDayEvent(component) : 'it is no event'
    if (typeof event === 'string') notCarried.push({ line: component.line, summary, reason: event })
    else events.push(event)
  }
  const { rules, covered } = new Importer(events, notCarried)
  if (rules.length > MAX_RULES) {
    return err([
      problem('limit-exceeded', 'the file has too many events', { expected: `at most ${MAX_RULES} rules` }),
    ])
  }
  const title = textOf(calendar, 'X-WR-CALNAME')
  const manifestOf = (carried: readonly CalendarRule[]): CalendarManifest => ({
    apiVersion: 'belfry/v1',
    kind: 'Calendar',
    metadata: { name: options.name, ...(title === null ? {} : { description: title.slice(0, 4096) }) },
    spec: {
      timezone,
      weekend: ['sat', 'sun'],
      ...(covered === null ? {} : { coverage: { from: `${covered.from}-01-01`, to: `${covered.to}-12-31` } }),
      rules: carried,
    },
  })
  const manifest = manifestOf(withoutEmptyExceptions(rules, manifestOf, notCarried))
  const checked = compileCalendar(manifest, () => err([]))
  if (!checked.ok) return err(checked.error)
  return ok({ manifest, notCarried: notCarried.sort((a, b) => a.line - b.line) })
}

/** Exceptions of days that a recurrence does not have change nothing in a diary, but are a problem in a calendar. */
function withoutEmptyExceptions(
  rules: readonly CalendarRule[],
  manifestOf: (rules: readonly CalendarRule[]) => CalendarManifest,
  notCarried: NotCarried[],
): readonly CalendarRule[] {
  const compiled = compileCalendar(manifestOf(rules), () => err([]))
  const empty = compiled.ok ? [] : compiled.error.filter(({ code }) => code === 'not-a-day-of-rule')
  const dates = new Map<number, Set<string>>()
  for (const { path, found = '' } of empty) {
    const index = path?.[2] as number
    dates.set(index, (dates.get(index) ?? new Set()).add(found))
    const reason = `${found} is excluded or moved, but the recurrence does not have it`
    notCarried.push({ line: 0, summary: rules[index]?.name ?? '', reason })
  }
  return rules.map((rule, index) => {
    const dropped = dates.get(index)
    if (dropped === undefined) return rule
    const { except = [], move = {}, ...rest } = rule
    const kept = except.filter((date) => !dropped.has(date))
    const moved = Object.entries(move).filter(([date]) => !dropped.has(date))
    return {
      ...rest,
      ...(kept.length === 0 ? {} : { except: kept }),
      ...(moved.length === 0 ? {} : { move: Object.fromEntries(moved) }),
    }
  })
}

function textOf(component: IcsComponent, name: string): string | null {
  const line = component.properties.find((property) => property.name === name)
  return line === undefined ? null : unescapeText(line.value).trim() || null
}

/** Turns events into rules. Single days are collected by year, so that the file reads like an exchange's list. */
class Importer {
  readonly rules: CalendarRule[] = []
  /** The years that dated events span; null if there are none. */
  readonly covered: { readonly from: number; readonly to: number } | null
  readonly #ids = new Map<string, number>()
  readonly #years = new Set<number>()
  readonly #dates = new Map<number, string[]>()
  readonly #notCarried: NotCarried[]

  constructor(events: readonly AllDayEvent[], notCarried: NotCarried[]) {
    this.#notCarried = notCarried
    const replacements = events.filter(({ replaces }) => replaces !== null)
    const masters = new Set(events.filter(({ recurrence }) => recurrence !== null).map(({ uid }) => uid))
    for (const event of events) {
      if (event.replaces !== null && masters.has(event.uid)) continue
      if (event.cancelled) this.#skip(event, 'it is cancelled')
      else if (event.recurrence !== null) this.#addRecurring(event, event.recurrence, replacements)
      else if (event.first < FIRST_CALENDAR_DAY || event.last > LAST_CALENDAR_DAY) {
        this.#skip(event, 'it lies outside of the years 1900 to 2200')
      } else this.#addOnce(event)
    }
    const years = [...this.#years].sort((a, b) => a - b)
    this.covered = years.length === 0 ? null : { from: years[0]!, to: years.at(-1)! }
    this.rules.push(...this.#listed())
  }

  #addOnce(event: AllDayEvent): void {
    if (event.first === event.last) this.#addDate(event.first, event.summary)
    else {
      const range = { from: formatDate(event.first), to: formatDate(event.last) }
      this.#years.add(yearOf(event.first)).add(yearOf(event.last))
      this.rules.push({
        id: this.#idOf(`${event.summary} ${yearOf(event.first)}`),
        name: nameOf(event),
        range,
      })
    }
    this.#addDates(event)
  }

  #addRecurring(event: AllDayEvent, recurrence: string, replacements: readonly AllDayEvent[]): void {
    const days = recurringDays(recurrence, event.first)
    if (typeof days === 'string') {
      this.#skip(event, days)
      return
    }
    const except = [...event.excluded]
    const move: Record<string, string> = {}
    for (const replacement of replacements) {
      if (replacement.uid !== event.uid || replacement.replaces === null) continue
      if (replacement.cancelled) except.push(replacement.replaces)
      else if (replacement.first !== replacement.replaces) {
        move[formatDate(replacement.replaces)] = formatDate(replacement.first)
      }
    }
    const id = this.#idOf(event.summary)
    this.rules.push({
      id,
      name: nameOf(event),
      ...days,
      ...(except.length === 0 ? {} : { except: [...new Set(except)].map(formatDate) }),
      ...(Object.keys(move).length === 0 ? {} : { move }),
    })
    for (let offset = 1; offset <= event.last - event.first; offset++) {
      this.rules.push({ id: this.#idOf(`${id} ${offset + 1}`), name: nameOf(event), of: id, offset })
    }
    this.#addDates(event)
  }

  #addDates(event: AllDayEvent): void {
    for (const day of event.added) {
      if (day >= FIRST_CALENDAR_DAY && day <= LAST_CALENDAR_DAY) this.#addDate(day, event.summary)
      else this.#skip(event, `${formatDate(day)} lies outside of the years 1900 to 2200`)
    }
  }

  #addDate(day: number, summary: string): void {
    const names = this.#dates.get(day) ?? []
    if (!names.includes(summary)) names.push(summary)
    this.#dates.set(day, names)
    this.#years.add(yearOf(day))
  }

  #listed(): CalendarRule[] {
    const years = new Map<number, Record<string, string>>()
    for (const [day, names] of [...this.#dates].sort(([a], [b]) => a - b)) {
      const dates = years.get(yearOf(day)) ?? {}
      dates[formatDate(day)] = names.join(', ').slice(0, 256)
      years.set(yearOf(day), dates)
    }
    return [...years].map(([year, dates]) => ({ id: this.#idOf(`dates ${year}`), dates }))
  }

  #skip(event: AllDayEvent, reason: string): void {
    this.#notCarried.push({ line: event.line, summary: event.summary, reason })
  }

  /** A name made of what a summary has of letters and digits, unlike all others. */
  #idOf(summary: string): string {
    const slug = summary
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[\u0300-\u036f']/g, '')
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 56)
      .replace(/^-+|-+$/g, '')
    const base = slug === '' ? 'event' : slug
    const taken = this.#ids.get(base) ?? 0
    this.#ids.set(base, taken + 1)
    if (taken === 0) return base
    // The numbered name may itself be taken, by an event that is called so.
    return this.#idOf(`${base} ${taken + 1}`)
  }
}

function nameOf(event: AllDayEvent): string {
  return event.summary.slice(0, 256)
}
