import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import type { CalendarSpec } from '../../../src/core/kinds.ts'
import { SCHEMAS } from '../../../src/core/manifest/schemas.generated.ts'
import { manifestOf } from './calendars.ts'

const ajv = new Ajv({
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  strictTuples: false,
})
for (const [name, schema] of Object.entries(SCHEMAS)) ajv.addSchema(schema, name)
const accepts = ajv.getSchema('calendar.v1.json')

function isAccepted(spec: object): boolean {
  return accepts?.(manifestOf('test', spec as CalendarSpec)) === true
}

function acceptsRule(rule: object): boolean {
  return isAccepted({ timezone: 'UTC', rules: [{ id: 'r', ...rule }] })
}

describe('the schema of calendars', () => {
  const definitions = SCHEMAS['calendar.v1.json']?.definitions ?? {}

  test.each(Object.entries(definitions))('takes its own examples of %s', (name, definition) => {
    const validate = ajv.compile({ $ref: `calendar.v1.json#/definitions/${name}` })
    const { examples } = definition as { examples?: unknown[] }
    expect(examples?.length).toBeGreaterThan(0)
    for (const example of examples ?? []) expect([validate(example), validate.errors]).toEqual([true, null])
  })

  test('wants exactly one kind of days in a rule, with what belongs to it', () => {
    expect(acceptsRule({ date: '01-01' })).toBe(true)
    expect(acceptsRule({})).toBe(false)
    expect(acceptsRule({ date: '01-01', easter: 1 })).toBe(false)
    expect(acceptsRule({ month: 'nov', nth: 4 })).toBe(false)
    expect(acceptsRule({ weekday: 'mon', date: '01-01' })).toBe(false)
    expect(acceptsRule({ of: 'x' })).toBe(false)
    expect(acceptsRule({ of: 'x', offset: 1, businessDays: 1 })).toBe(false)
    expect(acceptsRule({ of: 'x', businessDays: 0 })).toBe(false)
  })

  test('takes no key that it does not know', () => {
    expect(acceptsRule({ date: '01-01', observe: { sun: 'mon' } })).toBe(false)
    expect(isAccepted({ timezone: 'UTC', holidays: [] })).toBe(false)
  })

  test('keeps rules and combinations apart', () => {
    expect(isAccepted({ anyClosed: ['a', 'b'] })).toBe(true)
    expect(isAccepted({ anyClosed: ['a'], timezone: 'UTC', blackouts: [{ days: ['sun'] }] })).toBe(true)
    expect(isAccepted({ anyClosed: ['a'], rules: [] })).toBe(false)
    expect(isAccepted({ anyClosed: ['a'], complement: 'b' })).toBe(false)
    expect(isAccepted({ rules: [] })).toBe(false)
  })
})
