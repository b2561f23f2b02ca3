import { type Problem, problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { Field } from './dialect.ts'
import { hashOf } from './hash.ts'

/** One entry of a field's list, in the numbers of the field's own dialect. */
export type Item =
  /** `*`, `?`, a value, a range, a step over either, or what `H` came to. `from > to` wraps around the field's end. */
  | {
      readonly kind: 'range'
      readonly from: number
      readonly to: number
      readonly step: number
      /** It stands for the whole field (`*`, `0-59/n`, `0/n`, `H/n`): it makes a time field a wildcard. */
      readonly whole: boolean
    }
  /** `L`, `L-n`: the nth day before the last of the month. */
  | { readonly kind: 'last'; readonly daysBefore: number }
  /** `nW`: the weekday nearest to a date, within its month. */
  | { readonly kind: 'weekday-near'; readonly day: number }
  /** `LW`, `L-nW`: the weekday nearest to the nth day before the last, within its month. */
  | { readonly kind: 'weekday-near-last'; readonly daysBefore: number }
  /** `d#n` */
  | { readonly kind: 'nth'; readonly weekday: number; readonly nth: number }
  /** `dL` */
  | { readonly kind: 'last-weekday'; readonly weekday: number }

/** A field as it was written and what it means. */
export interface FieldEntry {
  readonly field: Field
  readonly text: string
  readonly items: readonly Item[]
  /** The text begins with `*` or is `?`: by Vixie's rule such a day field does not restrict. */
  readonly star: boolean
  /** Some item stands for the whole field. */
  readonly wildcard: boolean
}

export interface FieldContext {
  readonly field: Field
  readonly quartz: boolean
  readonly hashSeed: string | undefined
  readonly problems: Problem[]
}

/** Reads one field. What is wrong goes to `context.problems`, and the items are then not to be used. */
export function parseField(text: string, context: FieldContext): FieldEntry {
  const { field } = context
  const isDay = field.name === 'day-of-month' || field.name === 'day-of-week'
  if (text === '*' || (text === '?' && isDay)) {
    return { field, text, items: [wholeOf(field, 1)], star: true, wildcard: true }
  }
  const items: Item[] = []
  let wildcard = false
  for (const entry of text.split(',')) {
    const item = parseItem(entry, context)
    if (item === undefined) continue
    items.push(item)
    if (item.kind === 'range' && item.whole) wildcard = true
  }
  return { field, text, items, star: text.startsWith('*'), wildcard }
}

function wholeOf(field: Field, step: number): Item {
  return { kind: 'range', from: field.min, to: field.max, step, whole: true }
}

const NUMBER = /^\d{1,4}$/
const RANGE = /^(\*|[A-Z0-9]+(?:-[A-Z0-9]+)?|)(?:\/(.*))?$/i
const HASH = /^H(?:\(([^)]*)\))?(?:\/(.*))?$/i

function parseItem(entry: string, context: FieldContext): Item | undefined {
  const { field, quartz } = context
  if (entry === '') return refuse(context, 'has an empty entry', '')
  if (entry === '?') return refuse(context, 'has "?", which stands alone in a day field', entry)
  if (NUMBER.test(entry)) {
    const value = parseValue(entry, context)
    // A plain Sunday has one number, whichever way it is written.
    const single = value !== undefined && value > field.max ? field.min : value
    return single === undefined
      ? undefined
      : { kind: 'range', from: single, to: single, step: 1, whole: false }
  }
  const special =
    field.name === 'day-of-month'
      ? parseMonthDay(entry, context)
      : field.name === 'day-of-week'
        ? parseWeekDay(entry, context)
        : undefined
  if (special !== undefined) return special === 'refused' ? undefined : special
  const hash = HASH.exec(entry)
  if (hash !== null) return parseHash(hash, entry, context)
  if (entry.includes('~')) {
    return refuse(
      context,
      `has "${entry}", a random value`,
      entry,
      'H or H(a-b), which spreads but stays the same',
    )
  }
  const match = RANGE.exec(entry)
  if (match === null || (match[1] === '' && !quartz)) return refuse(context, `has "${entry}"`, entry)
  const [, values = '', stepText] = match
  const step = stepText === undefined ? 1 : parseStep(stepText, entry, sizeOf(field), context)
  if (step === undefined) return undefined
  // Quartz reads `/n` as `*/n`.
  if (values === '*' || values === '') return wholeOf(field, step)
  const [fromText = '', toText] = values.split('-')
  let from = parseValue(fromText, context)
  let to = toText === undefined ? from : parseValue(toText, context)
  if (from === undefined || to === undefined) return undefined
  if (toText === undefined && stepText !== undefined) to = field.max
  if (field.sundayAgain && from > field.max && toText !== String(field.max + 1)) from = field.min
  if (toText === undefined && stepText === undefined) to = from
  if (from > to && field.name === 'year') {
    return refuse(context, `has "${entry}", which goes back`, entry, 'a first year before the last')
  }
  return { kind: 'range', from, to, step, whole: from === field.min && to >= field.max }
}

/** How many different values a field has. */
export function sizeOf(field: Field): number {
  return field.max - field.min + 1
}

type Special = Item | 'refused' | undefined

const MONTH_DAY_SPECIAL = /^(?:L(?:-(\d{1,2}))?(W?)|(\d{1,2})W)$/i

function parseMonthDay(entry: string, context: FieldContext): Special {
  const match = MONTH_DAY_SPECIAL.exec(entry)
  if (match === null) return undefined
  const [, daysBeforeText, nearLast, dayText] = match
  if (dayText !== undefined) {
    const day = parseValue(dayText, context)
    return day === undefined ? 'refused' : { kind: 'weekday-near', day }
  }
  const daysBefore = Number(daysBeforeText ?? 0)
  if (daysBefore > 30) {
    refuse(context, `has "${entry}", more days before the last than a month has`, entry, 'L-0 to L-30')
    return 'refused'
  }
  return nearLast !== '' ? { kind: 'weekday-near-last', daysBefore } : { kind: 'last', daysBefore }
}

const NTH = /^([A-Z0-9]+)#(.*)$/i
const LAST_WEEKDAY = /^([A-Z0-9]+)L$/i

function parseWeekDay(entry: string, context: FieldContext): Special {
  const { field, quartz } = context
  // Quartz: L alone is 7, Saturday.
  const alone = entry === 'L' || entry === 'l'
  if (alone && quartz) return { kind: 'range', from: field.max, to: field.max, step: 1, whole: false }
  if (alone) {
    refuse(
      context,
      'has "L" without a weekday',
      entry,
      'a weekday before L, such as 5L or FRIL for the last Friday',
    )
    return 'refused'
  }
  const nth = NTH.exec(entry)
  if (nth !== null) {
    const weekday = parseValue(nth[1]!, context)
    const count = nth[2]!
    if (!/^[1-5]$/.test(count)) {
      refuse(context, `has "${entry}"`, entry, '1 to 5 after #, such as MON#1 for the first Monday')
      return 'refused'
    }
    return weekday === undefined ? 'refused' : { kind: 'nth', weekday, nth: Number(count) }
  }
  const last = LAST_WEEKDAY.exec(entry)
  if (last === null) return undefined
  const weekday = parseValue(last[1]!, context)
  return weekday === undefined ? 'refused' : { kind: 'last-weekday', weekday }
}

function parseHash(match: RegExpExecArray, entry: string, context: FieldContext): Item | undefined {
  const { field, hashSeed } = context
  if (field.name === 'year') return refuse(context, `has "${entry}", but years are not spread`, entry)
  let from = field.min
  let to = field.hashMax
  const [, bounds, stepText] = match
  if (bounds !== undefined) {
    const limits = /^([A-Z0-9]+)-([A-Z0-9]+)$/i.exec(bounds)
    if (limits === null) return refuse(context, `has "${entry}"`, entry, 'H(a-b) with a before b')
    const low = parseValue(limits[1]!, context)
    const high = parseValue(limits[2]!, context)
    if (low === undefined || high === undefined) return undefined
    if (low > high) return refuse(context, `has "${entry}"`, entry, 'H(a-b) with a before b')
    from = low
    to = high
  }
  const size = to - from + 1
  const step = stepText === undefined ? undefined : parseStep(stepText, entry, size, context)
  if (stepText !== undefined && step === undefined) return undefined
  if (hashSeed === undefined) {
    context.problems.push(
      problem('invalid-cron', `${field.name} has "${entry}", but there is no identity to spread it by`, {
        expected: 'a value without H',
        found: entry,
        cure: 'Give a hashSeed, such as the name of the schedule; in a Schedule it is the identity.',
      }),
    )
    return undefined
  }
  const hash = hashOf(hashSeed, field.name)
  if (step === undefined) {
    const value = from + (hash % size)
    return { kind: 'range', from: value, to: value, step: 1, whole: false }
  }
  return { kind: 'range', from: from + (hash % step), to, step, whole: bounds === undefined }
}

function parseStep(text: string, entry: string, largest: number, context: FieldContext): number | undefined {
  const step = NUMBER.test(text) ? Number(text) : 0
  if (step >= 1 && step <= largest) return step
  const message = step > largest ? `has "${entry}", a step larger than the field` : `has "${entry}"`
  return refuse(context, message, text, `a step from 1 to ${largest} after /`)
}

/** A number or name of the field; Sunday's second number is kept, so that 5-7 is a range. */
function parseValue(text: string, context: FieldContext): number | undefined {
  const { field } = context
  if (NUMBER.test(text)) {
    const value = Number(text)
    if (value >= field.min && value <= field.max + (field.sundayAgain ? 1 : 0)) return value
    return refuse(context, `has ${text}, which is out of range`, text)
  }
  const name = text.toUpperCase()
  const index = field.names.indexOf(name)
  if (index >= 0) return field.min + index
  const suggestion = field.names.find((known) => name.startsWith(known)) ?? nearest(text, field.names)
  return refuse(context, `has "${text}"`, text, field.expected, suggestion)
}

function refuse(
  context: FieldContext,
  what: string,
  found: string,
  expected = context.field.expected,
  suggestion?: string,
): undefined {
  const { field, problems } = context
  problems.push(
    problem('invalid-cron', `${field.name} ${what}`, {
      expected,
      found,
      ...(suggestion === undefined ? {} : { suggestion }),
    }),
  )
}
