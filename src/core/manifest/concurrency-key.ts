import { type Problem, problem } from '../errors.ts'
import type { Data } from '../kinds.ts'
import { err, ok, type Result } from '../result.ts'
import { valueAt } from './data.ts'

/** Texts and paths into the data, in turn, the first and the last being texts. */
type Template = readonly (string | readonly string[])[]

const PLACE = /\{\{\s*data((?:\.[A-Za-z0-9_-]+)+)\s*\}\}/g
const LONGEST_KEY = 512

function parseTemplate(text: string): Result<Template, Problem> {
  const parts: (string | readonly string[])[] = []
  let end = 0
  for (const match of text.matchAll(PLACE)) {
    parts.push(text.slice(end, match.index), match[1]!.slice(1).split('.'))
    end = match.index + match[0].length
  }
  parts.push(text.slice(end))
  const stray = parts.find((part) => typeof part === 'string' && /\{\{|\}\}/.test(part))
  if (stray === undefined) return ok(parts)
  return err(
    problem('invalid-value', '`concurrencyKey` holds something in braces that is no path into the data', {
      expected: 'only {{data.path}}, with names joined by dots',
      found: text,
    }),
  )
}

export function checkConcurrencyKey(text: string | undefined): readonly Problem[] {
  const parsed = text === undefined ? ok([]) : parseTemplate(text)
  return parsed.ok ? [] : [{ ...parsed.error, path: ['spec', 'concurrencyKey'] }]
}

/** The key of a run with this data, over its job's and schedule's merged. */
export function concurrencyKeyOf(text: string, data: Data): Result<string, Problem> {
  const template = parseTemplate(text)
  if (!template.ok) return template
  let key = ''
  for (const part of template.value) {
    if (typeof part === 'string') {
      key += part
      continue
    }
    const value = valueAt(data, part)
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      return err(
        problem('invalid-data', `The job's \`concurrencyKey\` needs a value at data.${part.join('.')}`, {
          expected: 'a text, a number, true or false',
          found: value === undefined ? 'nothing' : JSON.stringify(value),
        }),
      )
    }
    key += String(value)
  }
  if (key.length <= LONGEST_KEY) return ok(key)
  return err(
    problem('limit-exceeded', "The job's `concurrencyKey` is too long with this data", {
      expected: `at most ${LONGEST_KEY} characters`,
      found: `${key.length} characters`,
    }),
  )
}
