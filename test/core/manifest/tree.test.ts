import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/core/errors.ts'
import { parseFile } from '../../../src/core/manifest/parse-file.ts'
import { locate } from '../../../src/core/manifest/tree.ts'
import { ValidationMemory, validateTree } from '../../../src/core/plan/validate-tree.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'

const AT = Date.UTC(2026, 0, 1)

function document(kind: string, name: string, spec: string, tenant = 'default'): string {
  return `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}, tenant: ${tenant}}\nspec: ${spec}\n`
}

const ADAPTER = document('Adapter', 'market', '{}')
const JOB = document('Job', 'import', '{adapter: market, message: Import, data: {a: 1}}')

function schedule(name: string, spec: string, tenant?: string): string {
  return document(
    'Schedule',
    name,
    `{job: import, timezone: UTC, triggers: [{cron: "0 9 * * *"}], ${spec}}`,
    tenant,
  )
}

function validate(...documents: readonly string[]) {
  const file = parseFile(documents.join('---\n'), 'tree.yaml')
  return validateTree([file], { at: AT })
}

function problemsOf(...documents: readonly string[]): readonly Problem[] {
  const result = validate(...documents)
  return result.ok ? result.value.warnings : result.error
}

function brief(problems: readonly Problem[]) {
  return problems.map(({ code, identity, path, suggestion }) =>
    [code, identity?.replace('/default', ''), path?.slice(1).join('.'), suggestion].filter(
      (part) => part !== undefined,
    ),
  )
}

describe('a tree', () => {
  it('has the same digest whatever files, order, spacing and comments its documents are written in', () => {
    const one = validateTree([parseFile([ADAPTER, JOB].join('---\n'), 'a.yaml')], { at: AT })
    const commented = JOB.replace('spec:', '# a comment\nspec:   ').replaceAll('\n', '\r\n')
    const other = validateTree([parseFile(commented, 'b/c.yaml'), parseFile(ADAPTER, 'z.yaml')], { at: AT })
    expect(one.ok && other.ok && one.value.digest === other.value.digest).toBe(true)
  })

  it('has another digest when a value changes', () => {
    const one = validate(ADAPTER, JOB)
    const other = validate(ADAPTER, JOB.replace('a: 1', 'a: 2'))
    expect(one.ok && other.ok && one.value.digest !== other.value.digest).toBe(true)
  })

  it('needs in the data of each schedule what the concurrency key of its job names', () => {
    const keyed = JOB.replace('message: Import', 'message: Import, concurrencyKey: "{{data.portfolio}}"')
    const found = problemsOf(
      ADAPTER,
      keyed,
      schedule('good', 'data: {portfolio: x}'),
      schedule('bad', 'data: {b: 1}'),
    )
    expect(brief(found)).toEqual([['invalid-data', 'Schedule/bad', 'data']])
    const broken = problemsOf(
      ADAPTER,
      keyed.replace('data.portfolio', 'portfolio'),
      schedule('any', 'data: {b: 1}'),
    )
    expect(brief(broken)).toEqual([['invalid-value', 'Job/import', 'concurrencyKey']])
  })

  it('has a concurrency key in each job of an adapter with partitions', () => {
    const partitioned = document('Adapter', 'market', '{partitions: 16}')
    expect(brief(problemsOf(partitioned, JOB))).toEqual([['missing-key', 'Job/import', '']])
    const keyed = JOB.replace('message: Import', 'message: Import, concurrencyKey: "{{data.a}}"')
    expect(problemsOf(partitioned, keyed)).toEqual([])
  })

  it('has no times of zero in its retries and timeouts', () => {
    const job = JOB.replace(
      'message: Import',
      'message: Import, timeout: 0s, startWithin: 0s, retry: {backoff: {initial: 0s, max: 0m}}',
    )
    expect(brief(problemsOf(ADAPTER, job)).map(([, , path]) => path)).toEqual([
      'timeout',
      'startWithin',
      'retry.backoff.initial',
      'retry.backoff.max',
    ])
  })

  it('crosses threads whole, places included', () => {
    const tree = validate(ADAPTER, JOB, schedule('s', 'priority: 5'))
    if (!tree.ok) throw new Error('invalid')
    const copy = structuredClone(tree.value)
    expect(copy).toEqual(tree.value)
    expect(copy.documents.map((each) => locate(each, ['spec']))).toEqual(
      tree.value.documents.map((each) => locate(each, ['spec'])),
    )
  })

  it('does not say "unknown" of a document that is there but broken', () => {
    expect(
      brief(problemsOf(ADAPTER, JOB.replace('message', 'mesage'), schedule('s', 'priority: 5'))),
    ).toEqual([['unknown-key', 'Job/import', 'mesage', 'message']])
  })

  it('finds further mistakes in a document that has some', () => {
    const broken = document(
      'Schedule',
      's',
      '{jobb: imprt, timezone: Mars/Base, triggers: [{cron: "61 * * * *"}, {evry: 5m}]}',
    )
    expect(problemsOf(ADAPTER, JOB, broken).map(({ code, found }) => [code, found])).toEqual([
      ['unknown-key', 'jobb'],
      ['unknown-reference', 'imprt'],
      ['unknown-zone', 'Mars/Base'],
      ['invalid-cron', '61'],
      ['unknown-key', 'evry'],
    ])
  })
})

describe('references', () => {
  it('name the place of what is not there and what may be meant', () => {
    expect(brief(problemsOf(ADAPTER, JOB.replace('adapter: market', 'adapter: markt')))).toEqual([
      ['unknown-reference', 'Job/import', 'adapter', 'market'],
    ])
  })

  it('do not cross tenants, and say so', () => {
    const [found, ...more] = problemsOf(ADAPTER, JOB, schedule('s', 'priority: 1', 'billing'))
    expect(more).toEqual([])
    expect(found).toMatchObject({
      code: 'unknown-reference',
      cure: expect.stringContaining('tenant `default`'),
    })
  })

  it('find a Calendar of the tenant default from any tenant, but its own one first', () => {
    const calendar = (tenant: string, closed: string) =>
      document('Calendar', 'days', `{timezone: UTC, weekend: [${closed}]}`, tenant)
    const billing = [
      document('Adapter', 'market', '{}', 'billing'),
      document('Job', 'import', '{adapter: market, message: M}', 'billing'),
    ]
    const expecting = (fires: boolean) =>
      schedule('s', `calendar: days, expect: [{at: "2026-01-05T09:00", fires: ${fires}}]`, 'billing')
    expect(problemsOf(...billing, calendar('default', 'mon'), expecting(false))).toEqual([])
    expect(
      problemsOf(...billing, calendar('default', 'mon'), calendar('billing', 'tue'), expecting(true)),
    ).toEqual([])
  })

  it('reach into sessions, combined calendars and defaults of tenants', () => {
    const found = problemsOf(
      ADAPTER,
      JOB,
      schedule('s', 'calendar: c').replace(
        '{cron: "0 9 * * *"}',
        '{session: {anchor: open, calendar: nowhere}}',
      ),
      document('Calendar', 'c', '{anyClosed: [gone], timezone: UTC}'),
      document('Tenant', 'default', '{defaults: {calendar: lost}}').replace(', tenant: default', ''),
    )
    expect(found.map(({ found: name }) => name)).toEqual(['nowhere', 'gone', 'lost'])
  })

  it('tell of a second document with the same identity, with the place of the first', () => {
    expect(problemsOf(ADAPTER, ADAPTER)).toMatchObject([
      { code: 'duplicate-identity', found: 'tree.yaml:1:1', position: { line: 8, column: 18 } },
    ])
  })
})

describe("a tenant's defaults", () => {
  const tenant = (spec: string) =>
    `apiVersion: belfry/v1\nkind: Tenant\nmetadata: {name: default}\nspec: ${spec}\n`
  const calendar = document('Calendar', 'weekdays', '{timezone: UTC, weekend: [sat, sun]}')
  const bare = (spec: string) =>
    document('Schedule', 's', `{job: import, triggers: [{cron: "0 9 * * *"}], ${spec}}`)

  it('stand in for what a schedule leaves out', () => {
    expect(brief(problemsOf(ADAPTER, JOB, bare('priority: 1')))).toEqual([
      ['missing-timezone', 'Schedule/s', ''],
    ])
    const defaults = tenant('{defaults: {timezone: Asia/Kolkata, calendar: weekdays}}')
    const expectation =
      'expect: [{at: "2026-01-03T09:00", fires: false, because: weekdays}, {at: "2026-01-05T09:00", fires: true}]'
    expect(problemsOf(ADAPTER, JOB, calendar, defaults, bare(expectation))).toEqual([])
  })

  it('are merged into misfire field by field', () => {
    const defaults = tenant('{defaults: {timezone: UTC, misfire: {policy: fire-all, after: 5m}}}')
    expect(
      brief(problemsOf(ADAPTER, JOB, defaults, bare('misfire: {maxCount: 3, maxLateness: 6h}'))),
    ).toEqual([])
    expect(brief(problemsOf(ADAPTER, JOB, defaults, bare('misfire: {policy: skip, maxCount: 3}')))).toEqual([
      ['contradiction', 'Schedule/s', 'misfire.maxCount'],
    ])
  })

  it('are blamed once, at the Tenant, when they are wrong', () => {
    const defaults = tenant('{defaults: {timezone: Asia/Kolkatta}}')
    expect(brief(problemsOf(ADAPTER, JOB, defaults, bare('priority: 1')))).toEqual([
      ['unknown-zone', 'Tenant/default', 'defaults.timezone', 'Asia/Kolkata'],
    ])
  })

  it('bring a limit on the number of schedules', () => {
    const limited = tenant('{limits: {schedules: 1}}')
    expect(problemsOf(ADAPTER, JOB, limited, schedule('a', 'priority: 1'))).toEqual([])
    expect(
      brief(problemsOf(ADAPTER, JOB, limited, schedule('a', 'priority: 1'), schedule('b', 'priority: 1'))),
    ).toEqual([['tenant-limit', 'Tenant/default', 'limits.schedules']])
  })
})

describe('contradictions', () => {
  const calendar = document('Calendar', 'weekdays', '{timezone: UTC, weekend: [sat, sun]}')
  const monthEnd = 'triggers: [{businessDay: {of: month, nth: -1, time: "18:00"}}]'
  it.each([
    ['an end before the start', 'startsAt: 2026-02-01, endsAt: 2026-01-01', 'endsAt'],
    ['an end before it is active', 'activeFrom: 2026-02-01, endsAt: 2026-02-01', 'endsAt'],
    [
      'a lateness shorter than what counts as late',
      'misfire: {after: 5m, maxLateness: 1m}',
      'misfire.maxLateness',
    ],
    ['a count for a policy that fires one', 'misfire: {maxCount: 5}', 'misfire.maxCount'],
    [
      'a roll where days are chosen by the calendar',
      `calendar: weekdays, roll: following, ${monthEnd}`,
      'roll',
    ],
    [
      'a roll away from the days that are asked for',
      'calendar: weekdays, runOn: holidays, roll: following',
      'roll',
    ],
    [
      'an anchor beside windows',
      'triggers: [{every: 5m, between: ["09:00", "10:00"], anchor: 2026-01-01}]',
      'triggers.0.anchor',
    ],
  ])('%s', (_, spec, path) => {
    const written = spec.includes('triggers')
      ? document('Schedule', 's', `{job: import, timezone: UTC, ${spec}}`)
      : schedule('s', spec)
    expect(brief(problemsOf(ADAPTER, JOB, calendar, written))).toEqual([
      ['contradiction', 'Schedule/s', path],
    ])
  })

  it.each([
    ['roll: following', 'roll'],
    ['offset: 2', 'offset'],
    ['runOn: holidays', 'runOn'],
    ['calendarDate: calendar', 'calendarDate'],
  ])('%s needs a calendar', (spec, path) => {
    expect(brief(problemsOf(ADAPTER, JOB, schedule('s', spec)))).toEqual([
      ['missing-calendar', 'Schedule/s', path],
    ])
  })
})

describe('data', () => {
  const job = (schema: string, data = '{}') =>
    document('Job', 'import', `{adapter: market, message: M, data: ${data}, dataSchema: ${schema}}`)

  it('of a schedule is merged over its job and checked against its schema', () => {
    const schema =
      '{type: object, required: [portfolio], properties: {portfolio: {type: string}, depth: {type: integer}}}'
    expect(problemsOf(ADAPTER, job(schema, '{depth: 5}'), schedule('s', 'data: {portfolio: main}'))).toEqual(
      [],
    )
    expect(
      brief(problemsOf(ADAPTER, job(schema, '{depth: 5}'), schedule('s', 'data: {portfolio: 7}'))),
    ).toEqual([['invalid-data', 'Schedule/s', 'data.portfolio']])
    expect(brief(problemsOf(ADAPTER, job(schema), schedule('s', 'priority: 1')))).toEqual([
      ['invalid-data', 'Schedule/s', 'job'],
    ])
  })

  it('of a job that is wrong for all its schedules is told of once, at the job', () => {
    const schema = '{type: object, properties: {depth: {type: integer}}}'
    const found = problemsOf(
      ADAPTER,
      job(schema, '{depth: deep}'),
      schedule('a', 'priority: 1'),
      schedule('b', 'priority: 1'),
    )
    expect(brief(found)).toEqual([['invalid-data', 'Job/import', 'data.depth']])
  })

  it('may have secrets by reference, of which a schema cannot know the value', () => {
    const schema =
      '{type: object, properties: {token: {type: string}, choice: {oneOf: [{type: object, required: [pin], properties: {pin: {type: integer}}}, {type: "null"}]}}}'
    const data = 'data: {token: {secretRef: TOKEN}, choice: {pin: {secretRef: PIN}}}'
    expect(problemsOf(ADAPTER, job(schema), schedule('s', data))).toEqual([])
  })

  it('has no secret beside its reference', () => {
    const data = 'data: {list: [{secretRef: TOKEN, value: x}], other: {secretRef: "a b"}}'
    expect(brief(problemsOf(ADAPTER, JOB, schedule('s', data)))).toEqual([
      ['invalid-secret-reference', 'Schedule/s', 'data.list.0'],
      ['invalid-secret-reference', 'Schedule/s', 'data.other'],
    ])
  })

  it('is limited in size after merging', () => {
    const half = 'x'.repeat(300_000)
    const big = document('Job', 'import', `{adapter: market, message: M, data: {a: ${half}}}`)
    expect(problemsOf(ADAPTER, big, schedule('s', 'data: {a: small}'))).toEqual([])
    expect(brief(problemsOf(ADAPTER, big, schedule('s', `data: {b: ${half}}`)))).toEqual([
      ['limit-exceeded', 'Schedule/s', 'data'],
    ])
  })

  it.each([
    ['a reference to elsewhere', '{$ref: "http://example.com/x"}', '$ref'],
    ['a reference to nothing', '{$ref: "#/definitions/x"}', ''],
    ['a type that does not exist', '{type: objekt}', 'type'],
    ['a keyword that does not exist', '{requierd: [a]}', ''],
    ['an asynchronous schema', '{$async: true}', '$async'],
    ['a pattern of repeated repeats', '{properties: {a: {pattern: "(a+)+$"}}}', 'properties.a.pattern'],
    ['a pattern of repeated choices', '{properties: {a: {pattern: "(a|aa)*$"}}}', 'properties.a.pattern'],
    ['a pattern that is none', '{properties: {a: {pattern: "("}}}', 'properties.a.pattern'],
  ])('is not checked by a schema with %s', (_, schema, path) => {
    const [found, ...more] = problemsOf(ADAPTER, job(schema), schedule('s', 'priority: 1'))
    expect(more).toEqual([])
    expect([found?.code, found?.path?.join('.')]).toEqual([
      'invalid-data-schema',
      ['spec', 'dataSchema', path].filter(Boolean).join('.'),
    ])
  })

  it('may be checked by schemas that refer to themselves', () => {
    const tree = (type: string) =>
      `{properties: {value: {type: ${type}}, children: {type: array, items: {$ref: "#"}}}}`
    const data = 'data: {children: [{value: 1, children: [{value: x}]}]}'
    for (const [type, path] of [
      ['string', 'data.children.0.value'],
      ['integer', 'data.children.0.children.0.value'],
    ] as const) {
      expect(brief(problemsOf(ADAPTER, job(tree(type)), schedule('s', data)))).toEqual([
        ['invalid-data', 'Schedule/s', path],
      ])
    }
  })

  it('is not checked by a schema that refers to itself without end', () => {
    const found = problemsOf(ADAPTER, job('{allOf: [{$ref: "#"}]}'), schedule('s', 'priority: 1'))
    expect(found.map(({ code }) => code)).toEqual(['invalid-data'])
  })
})

describe('expectations', () => {
  const calendar = document(
    'Calendar',
    'nse',
    '{timezone: UTC, rules: [{id: republic-day, name: Republic Day, date: 01-26}]}',
  )
  const expecting = (entry: string, more = '') =>
    problemsOf(ADAPTER, JOB, calendar, schedule('s', `calendar: nse, ${more} expect: [${entry}]`))

  it.each([
    ['{at: "2026-01-27T09:00", fires: true}'],
    ['{at: "2026-01-26T09:00", fires: false}'],
    ['{at: "2026-01-26T09:00", fires: false, because: republic day}'],
    ['{at: "2026-01-27T10:00", fires: false}'],
    ['{at: "2026-01-27T14:30:00+05:30", fires: true}'],
  ])('%s holds', (entry) => {
    expect(expecting(entry)).toEqual([])
  })

  it.each([
    ['{at: "2026-01-26T09:00", fires: true}', 'Republic Day'],
    ['{at: "2026-01-27T09:00", fires: false}', 'it fires'],
    ['{at: "2026-01-26T09:00", fires: false, because: Diwali}', 'Republic Day'],
    ['{at: "2026-01-27T10:00", fires: true}', 'the next fire is 2026-01-28T09:00:00'],
    ['{at: "2026-01-27T10:00", fires: false, because: Diwali}', 'no trigger asks for that time'],
  ])('%s fails and says what happens', (entry, found) => {
    expect(expecting(entry)).toMatchObject([
      { code: 'expectation-failed', found: expect.stringContaining(found) },
    ])
  })

  it('know of a fire that a roll moved away, and why', () => {
    expect(
      expecting('{at: "2026-01-26T09:00", fires: false, because: Republic Day}', 'roll: following,'),
    ).toEqual([])
    expect(expecting('{at: "2026-01-26T09:00", fires: true}', 'roll: following,')).toMatchObject([
      { found: expect.stringContaining('moved to 2026-01-27T09:00:00') },
    ])
  })
})

describe('what is to come', () => {
  const warnings = (at: string, ...documents: readonly string[]) => {
    const result = validateTree([parseFile([ADAPTER, JOB, ...documents].join('---\n'), 'tree.yaml')], {
      at: Date.parse(at),
    })
    if (!result.ok) throw new Error(JSON.stringify(result.error))
    return result.value.warnings
  }
  const covered = document(
    'Calendar',
    'c',
    '{timezone: UTC, coverage: {to: 2026-12-31}, rules: [{id: a, dates: [2026-03-03]}]}',
  )

  it.each([
    ['2026-11-01T00:00:00Z', []],
    ['2026-11-02T00:00:00Z', [['coverage-ending', 'Calendar/c', 'coverage.to']]],
    ['2026-12-31T23:59:59Z', [['coverage-ending', 'Calendar/c', 'coverage.to']]],
    ['2027-01-01T00:00:00Z', [['coverage-ended', 'Calendar/c', 'coverage.to']]],
  ])('coverage, as seen on %s', (at, expected) => {
    expect(brief(warnings(at, covered))).toEqual(expected)
  })

  it('an `at` trigger of which nothing is left', () => {
    const shots = (at: string) =>
      document('Schedule', 's', `{job: import, timezone: UTC, triggers: [{at: ${at}}, {cron: "0 9 * * *"}]}`)
    expect(warnings('2026-06-01T00:00:00Z', shots('[2026-05-01, 2026-07-01]'))).toEqual([])
    expect(brief(warnings('2026-06-01T00:00:00Z', shots('[2026-05-01, 2026-05-02]')))).toEqual([
      ['one-shot-past', 'Schedule/s', 'triggers.0.at'],
    ])
    expect(brief(warnings('2026-06-01T00:00:00Z', shots('2026-06-01')))).toEqual([
      ['one-shot-past', 'Schedule/s', 'triggers.0.at'],
    ])
  })

  it('the days on which a fire meets a change of the clocks', () => {
    const at = (zone: string, cron: string) =>
      document('Schedule', 's', `{job: import, timezone: ${zone}, triggers: [{cron: "${cron}"}]}`)
    const found = warnings('2026-01-01T00:00:00Z', at('Europe/London', '30 1 * * *'))
    expect(brief(found)).toEqual([['clock-change', 'Schedule/s', 'triggers']])
    expect(found[0]?.message).toContain('2026-03-29')
    expect(found[0]?.message).toContain('2026-10-25')
    expect(warnings('2026-01-01T00:00:00Z', at('Europe/London', '30 9 * * *'))).toEqual([])
    expect(warnings('2026-01-01T00:00:00Z', at('Europe/London', '30 * * * *'))).toEqual([])
    expect(warnings('2026-01-01T00:00:00Z', at('Asia/Kolkata', '30 1 * * *'))).toEqual([])
  })
})

describe('limits of a tenant', () => {
  const limited = (limits: string, zone = 'UTC') =>
    `apiVersion: belfry/v1\nkind: Tenant\nmetadata: {name: default}\nspec: {limits: {${limits}}, defaults: {timezone: ${zone}}}\n`
  const firing = (name: string, triggers: string) =>
    document('Schedule', name, `{job: import, timezone: UTC, triggers: [${triggers}]}`)
  const found = (limits: string, ...triggers: readonly string[]) =>
    problemsOf(ADAPTER, JOB, limited(limits), ...triggers.map((each, index) => firing(`s-${index}`, each)))

  it.each([
    ['{cron: "0 9 * * *"}', []],
    ['{every: 10s}', []],
    ['{every: 9s}', [['tenant-limit', 'Schedule/s-0', 'triggers']]],
    ['{cron: "0,7 0 9 1 1 *"}', [['tenant-limit', 'Schedule/s-0', 'triggers']]],
    ['{cron: "0 9 * * *"}, {at: 2026-06-01T09:00:05}', [['tenant-limit', 'Schedule/s-0', 'triggers']]],
    ['{cron: "0 9 * * *"}, {at: 2026-06-01T09:00:10}', []],
  ])('minInterval: 10s and %s', (triggers, expected) => {
    expect(brief(found('minInterval: 10s', triggers))).toEqual(expected)
  })

  it('firesPerDay counts the fullest day of the next 400, over all schedules', () => {
    const daily = '{cron: "0 9 * * *"}'
    const first = '{cron: "0 8 1 * *"}'
    expect(found('firesPerDay: 3', daily, daily, first)).toEqual([])
    expect(found('firesPerDay: 2', daily, daily, first)).toMatchObject([
      {
        code: 'tenant-limit',
        path: ['spec', 'limits', 'firesPerDay'],
        message: 'The tenant `default` has 3 fires on 2026-01-01 (UTC)',
      },
    ])
  })

  it('firesPerDay counts schedules of every density', () => {
    expect(found('firesPerDay: 88000', '{every: 1s}', '{every: 1m}', '{cron: "0 9 31 12 *"}')).toEqual([])
    expect(found('firesPerDay: 87840', '{every: 1s}', '{every: 1m}', '{cron: "0 9 31 12 *"}')).toMatchObject([
      {
        message: 'The tenant `default` has 87841 fires on 2026-12-31 (UTC)',
        found: '87841, the most by `s-0` (86400), `s-1` (1440), `s-2` (1)',
      },
    ])
  })

  it('firesPerDay counts days in the zone of the tenant', () => {
    const evening = firing('a', '{at: "2026-03-02T18:00:00Z"}')
    const night = firing('b', '{at: "2026-03-02T19:00:00Z"}')
    expect(problemsOf(ADAPTER, JOB, limited('firesPerDay: 1'), evening, night)).toHaveLength(1)
    expect(problemsOf(ADAPTER, JOB, limited('firesPerDay: 1', 'Asia/Kolkata'), evening, night)).toEqual([])
  })
})

describe('memory', () => {
  const specs = [
    'priority: 1',
    'priority: 2',
    'roll: following',
    'calendar: c',
    'calendar: gone',
    'data: {a: x}',
    'timezone: Nowhere',
  ]
  const pieces: readonly (readonly string[])[] = [
    [ADAPTER, ADAPTER.replace('market', 'other')],
    [
      JOB,
      JOB.replace('{a: 1}', '{a: 1}, dataSchema: {properties: {a: {type: integer}}}'),
      JOB.replace('message', 'mesage'),
      '',
    ],
    [
      document('Calendar', 'c', '{timezone: UTC}'),
      document('Calendar', 'c', '{timezone: UTC, weekend: [mon]}'),
      document('Calendar', 'c', '{anyClosed: [c], timezone: UTC}'),
      '',
    ],
    [
      '',
      'apiVersion: belfry/v1\nkind: Tenant\nmetadata: {name: default}\nspec: {limits: {schedules: 1}, defaults: {calendar: c}}\n',
    ],
    specs.map((spec) =>
      document('Schedule', 'a', `{job: import, timezone: UTC, triggers: [{cron: "0 9 * * *"}], ${spec}}`),
    ),
    specs.map((spec) =>
      document(
        'Schedule',
        'b',
        `{job: import, triggers: [{at: 2026-01-05T09:00}], ${spec}, expect: [{at: "2026-01-05T09:00", fires: true}]}`,
      ),
    ),
  ]

  it('never changes an answer, whatever was validated before', { timeout: PROPERTY_TIMEOUT_MS }, () => {
    const tree = fc.tuple(
      ...pieces.map((versions) => fc.nat(versions.length - 1)),
      fc.constantFrom('', '# moved\n\n'),
    )
    fc.assert(
      fc.property(fc.array(tree, { minLength: 2, maxLength: 6 }), (trees) => {
        const memory = new ValidationMemory()
        const known = new Map<string, ReturnType<typeof parseFile>>()
        for (const [index, choice] of trees.entries()) {
          const front = String(choice.at(-1))
          const texts = pieces.map((versions, piece) => front + versions[choice[piece] as number])
          const remembered = texts.map((text, file) => {
            const key = `${file} ${text}`
            const parsed = known.get(key) ?? parseFile(text, `${file}.yaml`)
            known.set(key, parsed)
            return parsed
          })
          const at = AT + index * 86_400_000 * 3
          const fresh = validateTree(
            texts.map((text, file) => parseFile(text, `${file}.yaml`)),
            { at },
          )
          expect(validateTree(remembered, { at, memory })).toEqual(fresh)
        }
      }),
      propertyRuns(25),
    )
  })
})
