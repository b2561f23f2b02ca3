import { type Problem, problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { err, ok, type Result } from '../result.ts'
import { type CronDialect, fieldsOf, MACROS } from './dialect.ts'
import { type FieldEntry, parseField } from './parse-field.ts'

export interface ParseOptions {
  /** Default: unix. */
  readonly dialect?: CronDialect
  /** What `H` spreads by, the identity of the schedule. Without it `H` is a problem. */
  readonly hashSeed?: string
}

/** An expression, field by field; seconds and years only where they are written. */
export interface ParsedCron {
  readonly second: FieldEntry | undefined
  readonly minute: FieldEntry
  readonly hour: FieldEntry
  readonly monthDay: FieldEntry
  readonly month: FieldEntry
  readonly weekday: FieldEntry
  readonly year: FieldEntry | undefined
}

/** Fails with every `invalid-cron` of the expression at once. */
export function parseCron(expression: string, options: ParseOptions = {}): Result<ParsedCron, Problem[]> {
  const { dialect = 'unix', hashSeed } = options
  const text = expression.trim()
  const macro = text.startsWith('@') ? MACROS.get(text.toLowerCase()) : undefined
  if (text.startsWith('@') && (macro === undefined || dialect !== 'unix'))
    return err([macroProblem(text, dialect)])
  const texts = (macro ?? text).split(/\s+/)
  const fields = text === '' ? undefined : fieldsOf(dialect, texts.length)
  if (fields === undefined) return err([countProblem(expression, text === '' ? 0 : texts.length, dialect)])

  const problems: Problem[] = []
  const quartz = dialect === 'quartz'
  const entries = fields.map((field, index) =>
    parseField(texts[index]!, { field, quartz, hashSeed, problems }),
  )
  const minuteAt = fields[0]!.name === 'second' ? 1 : 0
  const parsed: ParsedCron = {
    second: minuteAt === 1 ? entries[0] : undefined,
    minute: entries[minuteAt]!,
    hour: entries[minuteAt + 1]!,
    monthDay: entries[minuteAt + 2]!,
    month: entries[minuteAt + 3]!,
    weekday: entries[minuteAt + 4]!,
    year: entries[minuteAt + 5],
  }
  if (quartz) checkDayFields(parsed, problems)
  return problems.length === 0 ? ok(parsed) : err(problems)
}

/** Quartz has no rule for two restricted day fields, so exactly one of them must be `?`. */
function checkDayFields(parsed: ParsedCron, problems: Problem[]): void {
  const month = parsed.monthDay.text
  const week = parsed.weekday.text
  if ((month === '?') !== (week === '?')) return
  const both = month === '?'
  problems.push(
    problem(
      'invalid-cron',
      both ? 'day-of-month and day-of-week are both "?"' : 'neither day-of-month nor day-of-week is "?"',
      {
        expected: '"?" in exactly one of the two day fields (Quartz)',
        found: `${month} and ${week}`,
        ...(both
          ? { cure: 'Write * in day-of-month for every day.' }
          : { cure: 'Write ? in the day field that is to have no say.' }),
      },
    ),
  )
}

function countProblem(expression: string, count: number, dialect: CronDialect): Problem {
  const other: CronDialect = dialect === 'unix' ? 'quartz' : 'unix'
  return problem('invalid-cron', `"${expression}" has ${count} ${count === 1 ? 'field' : 'fields'}`, {
    expected:
      dialect === 'unix'
        ? '5 fields (minute hour day-of-month month day-of-week), or 6 with leading seconds'
        : '6 fields (second minute hour day-of-month month day-of-week), or 7 with the year',
    found: `${count} fields`,
    ...(fieldsOf(other, count) === undefined ? {} : { cure: `The ${other} dialect takes ${count} fields.` }),
  })
}

function macroProblem(text: string, dialect: CronDialect): Problem {
  if (dialect !== 'unix') {
    return problem('invalid-cron', `"${text}" is not a Quartz expression`, {
      expected: '6 or 7 fields',
      found: text,
      cure: 'Nicknames such as @daily belong to the unix dialect.',
    })
  }
  const suggestion = nearest(text, MACROS.keys())
  const cure = /^@every\b/i.test(text)
    ? 'For elapsed time use a trigger with `every`.'
    : /^@reboot\b/i.test(text)
      ? 'A schedule has no reboot; give a time.'
      : undefined
  return problem('invalid-cron', `"${text}" is not a known nickname`, {
    expected: [...MACROS.keys()].join(', '),
    found: text,
    ...(suggestion === undefined || cure !== undefined ? {} : { suggestion }),
    ...(cure === undefined ? {} : { cure }),
  })
}
