import { describe, expect, it } from 'vitest'
import { KINDS, type Kind } from '../../../src/core/kinds.ts'
import { checkSchema } from '../../../src/core/manifest/schema.ts'
import { SCHEMAS } from '../../../src/core/manifest/schemas.generated.ts'
import { yamlDocuments } from '../../../src/core/manifest/yaml-documents.ts'

/** The problems of a document whose spec is the given YAML in flow style. */
function problemsOf(kind: Kind, spec: string) {
  const text = `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: x}\nspec: ${spec}`
  const { documents } = yamlDocuments(text, 'a.yaml')
  return checkSchema(kind, documents[0]!.value).map(({ code, path, suggestion }) => [
    code,
    path?.slice(1).join('.'),
    ...(suggestion === undefined ? [] : [suggestion]),
  ])
}

describe('the schemas', () => {
  it.each(KINDS)('%s accepts its own examples', (kind) => {
    const { examples } = SCHEMAS[`${kind.toLowerCase()}.v1.json`]!
    expect(examples?.length).toBeGreaterThan(0)
    expect(examples?.flatMap((example) => checkSchema(kind, example))).toEqual([])
  })

  it('describe every field and give an example of it, for editors', () => {
    const bare: string[] = []
    const visit = (schema: unknown, place: string): void => {
      if (schema === null || typeof schema !== 'object') return
      const { properties } = schema as { properties?: Record<string, Record<string, unknown>> }
      for (const [key, property] of Object.entries(properties ?? {})) {
        if (typeof property !== 'object') continue
        const known =
          typeof property.$ref === 'string' || property.const !== undefined || property.title !== undefined
        if (!known && (property.description === undefined || property.examples === undefined))
          bare.push(`${place}.${key}`)
      }
      for (const [key, value] of Object.entries(schema)) {
        if (key !== 'examples' && key !== 'then' && key !== 'else') visit(value, `${place}/${key}`)
      }
    }
    for (const [file, schema] of Object.entries(SCHEMAS)) visit(schema, file)
    expect(bare).toEqual([])
  })
})

describe('one problem for one mistake', () => {
  it.each([
    [
      'a misspelt key is not also a missing one',
      '{jobb: a, triggers: [{cron: x}]}',
      [['unknown-key', 'jobb', 'job']],
    ],
    [
      'a misspelt kind of trigger',
      '{job: a, triggers: [{crn: x}]}',
      [['unknown-key', 'triggers.0.crn', 'cron']],
    ],
    [
      'two kinds of trigger in one',
      '{job: a, triggers: [{cron: x, every: 5m}]}',
      [['conflicting-keys', 'triggers.0.every']],
    ],
    ['a trigger of no kind', '{job: a, triggers: [{foo: 1}]}', [['missing-key', 'triggers.0']]],
    [
      'an option of another kind of trigger',
      '{job: a, triggers: [{every: 5m, dialect: quartz}]}',
      [['unknown-key', 'triggers.0.dialect']],
    ],
    ['a trigger that is a text', '{job: a, triggers: ["0 20 * * *"]}', [['wrong-type', 'triggers.0']]],
    ['no triggers', '{job: a, triggers: []}', [['invalid-value', 'triggers']]],
    [
      'a number that should be a duration',
      '{job: a, triggers: [{every: 30}]}',
      [['wrong-type', 'triggers.0.every']],
    ],
    [
      'a duration with an unknown unit',
      '{job: a, triggers: [{every: 5x}]}',
      [['invalid-duration', 'triggers.0.every']],
    ],
    ['a value of no branch of a choice', '{job: a, triggers: [{at: 5}]}', [['wrong-type', 'triggers.0.at']]],
    [
      'an item of the branch that was meant',
      '{job: a, triggers: [{at: [x]}]}',
      [['invalid-instant', 'triggers.0.at.0']],
    ],
    [
      'a misspelt value',
      '{job: a, triggers: [{cron: x}], roll: folowing}',
      [['unknown-value', 'roll', 'following']],
    ],
    ['a name with capitals', '{job: Import_All, triggers: [{cron: x}]}', [['invalid-name', 'job']]],
    [
      'a part of a suspension',
      '{job: a, triggers: [{cron: x}], suspend: {resaon: y}}',
      [['unknown-key', 'suspend.resaon', 'reason']],
    ],
    [
      'business days of nothing',
      '{job: a, triggers: [{businessDay: {of: month, nth: 0, time: "18:00"}}]}',
      [['invalid-value', 'triggers.0.businessDay.nth']],
    ],
    ['a spec that is missing', '', [['wrong-type', '']]],
  ])('%s', (_, spec, expected) => {
    expect(problemsOf('Schedule', spec)).toEqual(expected)
  })

  it.each([
    ['a rule of no kind', '{timezone: UTC, rules: [{id: c}]}', [['missing-key', 'rules.0']]],
    [
      'a rule of two kinds',
      '{timezone: UTC, rules: [{id: b, date: 01-01, easter: 1}]}',
      [['conflicting-keys', 'rules.0.easter']],
    ],
    [
      'a rule without its other half',
      '{timezone: UTC, rules: [{id: d, month: jan, weekday: mon}]}',
      [['missing-key', 'rules.0']],
    ],
    [
      'a misspelt kind of rule',
      '{timezone: UTC, rules: [{id: a, dat: 01-01}]}',
      [['unknown-key', 'rules.0.dat', 'date']],
    ],
    [
      'a date among keys',
      '{timezone: UTC, rules: [{id: g, dates: {2026-13-45: Foo}}]}',
      [['invalid-date', 'rules.0.dates.2026-13-45']],
    ],
    ['rules beside a combination', '{anyClosed: [a, b], weekend: [sat]}', [['conflicting-keys', 'weekend']]],
  ])('%s of a calendar', (_, spec, expected) => {
    expect(problemsOf('Calendar', spec)).toEqual(expected)
  })

  it('lists all mistakes of a document', () => {
    expect(problemsOf('Adapter', '{concurrency: 0, ackWait: 60, suspend: "no", speed: 1}')).toEqual([
      ['unknown-key', 'speed'],
      ['invalid-value', 'concurrency'],
      ['wrong-type', 'ackWait'],
      ['wrong-type', 'suspend'],
    ])
  })
})
