import { describe, expect, it } from 'vitest'
import { parseFile } from '../../../src/core/manifest/parse-file.ts'
import { validateTree } from '../../../src/core/plan/validate-tree.ts'

const AT = Date.UTC(2026, 0, 1)
const head = (kind: string, name: string) =>
  `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const ADAPTER = `${head('Adapter', 'market')}spec: {}\n`
const job = (name: string) => `${head('Job', name)}spec: {adapter: market, message: Import}\n`
const schedule = (name: string, of: string, triggers: string, more = '') =>
  `${head('Schedule', name)}spec: {job: ${of}, timezone: UTC, triggers: ${triggers}${more}}\n`

function problemsOf(...documents: readonly string[]) {
  const result = validateTree([parseFile(documents.join('---\n'), 'tree.yaml')], { at: AT })
  return result.ok ? [] : result.error
}

const A = schedule('a', 'extract', '[{cron: "0 9 * * *"}]')

describe('a chain', () => {
  it('is valid where it ends', () => {
    const b = schedule('b', 'load', '[{after: {schedule: a}}, {after: {job: extract, when: failed}}]')
    const c = schedule('c', 'report', '[{after: {job: load, when: finished}}, {cron: "0 12 * * *"}]')
    expect(problemsOf(ADAPTER, job('extract'), job('load'), job('report'), A, b, c)).toEqual([])
  })

  it('names an upstream that is not there, with its place and a suggestion', () => {
    const b = schedule('b', 'load', '[{after: {job: extrat}}, {after: {schedule: aa}}]')
    const problems = problemsOf(ADAPTER, job('extract'), job('load'), A, b)
    expect(problems).toMatchObject([
      {
        code: 'unknown-reference',
        found: 'extrat',
        suggestion: 'extract',
        position: { file: 'tree.yaml', line: 24 },
      },
      { code: 'unknown-reference', found: 'aa', position: { file: 'tree.yaml', line: 24 } },
    ])
  })

  it('that follows on itself is refused where it says so, over schedules and over their jobs', () => {
    const a = schedule('a', 'extract', '[{cron: "0 9 * * *"}, {after: {schedule: c}}]')
    const b = schedule('b', 'load', '[{after: {job: extract}}]')
    const c = schedule('c', 'report', '[{after: {schedule: b}}]')
    const problems = problemsOf(ADAPTER, job('extract'), job('load'), job('report'), a, b, c)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ code: 'chain-cycle', position: { file: 'tree.yaml' } })
    expect(problems[0]?.message).toContain('`a` after')
  })

  it('of a schedule that follows on its own job is refused', () => {
    const self = schedule('self', 'extract', '[{after: {job: extract, when: failed}}]')
    expect(problemsOf(ADAPTER, job('extract'), self)).toMatchObject([
      { code: 'chain-cycle', path: ['spec', 'triggers', 0, 'after'], position: { line: 14 } },
    ])
  })

  it('needs either a job or a schedule', () => {
    const both = schedule('b', 'load', '[{after: {job: extract, schedule: a}}]')
    const neither = schedule('b', 'load', '[{after: {when: failed}}]')
    const documents = [ADAPTER, job('extract'), job('load'), A]
    expect(problemsOf(...documents, both)).toMatchObject([{ code: 'conflicting-keys' }])
    expect(problemsOf(...documents, neither)).toMatchObject([{ code: 'missing-key' }])
  })

  it('has no use for what is about nominal times', () => {
    const b = schedule('b', 'load', '[{after: {job: extract}}]', ', jitter: 30s, misfire: {policy: skip}')
    const found = problemsOf(ADAPTER, job('extract'), job('load'), b)
    expect(found.map(({ code, path }) => [code, path?.at(-1)])).toEqual([
      ['contradiction', 'jitter'],
      ['contradiction', 'misfire'],
    ])
  })
})
