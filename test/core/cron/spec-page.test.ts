import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/core/cron/compile.ts'
import { describeCron } from '../../../src/core/cron/describe.ts'
import type { CronDialect } from '../../../src/core/cron/dialect.ts'
import { instantsOf } from '../../support/fires.ts'

const page = readFileSync(new URL('../../../docs/spec/cron.md', import.meta.url), 'utf8')
const guide = readFileSync(new URL('../../../docs/guides/daylight-saving.md', import.meta.url), 'utf8')

describe('docs/spec/cron.md', () => {
  const examples = [...page.matchAll(/^\| (unix|quartz) \| `([^`]+)` \| (.+) \|$/gm)].map(
    ([, dialect, expression, words]) => ({
      dialect: dialect as CronDialect,
      expression: expression!,
      words: words!,
    }),
  )

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(8)
  })

  it.each(examples)('says rightly that $expression fires $words', ({ dialect, expression, words }) => {
    expect(compilePattern(expression, { dialect }).ok).toBe(true)
    expect(describeCron(expression, { dialect })).toEqual({ ok: true, value: words })
  })
})

describe('docs/guides/daylight-saving.md', () => {
  const rows = [...guide.matchAll(/^\| `([^`]+)` \| (\d[^|]+) \| (\d[^|]+) \|$/gm)]

  it('has a table of fires', () => {
    expect(rows).toHaveLength(3)
  })

  it.each(
    rows.map(([, cron, spring, autumn]) => ({ cron: cron!, spring: spring!, autumn: autumn! })),
  )('says rightly when $cron fires on the days of the change', ({ cron, spring, autumn }) => {
    expect(firesOn('2026-03-08', cron)).toBe(spring)
    expect(firesOn('2026-11-01', cron)).toBe(autumn)
  })
})

function firesOn(day: string, cron: string): string {
  return instantsOf(cron, { timezone: 'America/New_York', after: day, count: 10 })
    .filter((text) => text.startsWith(day))
    .map((text) => text.slice(11).replace(/:00([+-])/, '$1'))
    .join(', ')
}
